using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JobRunner.Jobs.Json;

/// <summary>The JSON of payloads and results: strict when it reads, plain when it writes.</summary>
internal static class JobJson
{
    /// <summary>Deepest nesting of a payload that is accepted.</summary>
    public const int MaxDepth = 64;

    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    public static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static JsonSerializerOptions CreateOptions(bool namedFloats)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            MaxDepth = MaxDepth,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
            AllowOutOfOrderMetadataProperties = true,
            IncludeFields = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            Converters =
            {
                new DoubleConverter(namedFloats),
                new SingleConverter(namedFloats),
                new HalfConverter(namedFloats),
                new BigIntegerConverter(),
                new StrictEnumConverterFactory(),
                new MultiDimensionalArrayConverterFactory(),
            },
        };
        options.MakeReadOnly();
        return options;
    }
}
