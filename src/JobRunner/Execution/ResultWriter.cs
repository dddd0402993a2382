using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobRunner.Jobs;
using JobRunner.Jobs.Json;

namespace JobRunner.Execution;

/// <summary>Writes results as JSON.</summary>
internal static class ResultWriter
{
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>Writes the result of a call.</summary>
    /// <exception cref="ResultNotSerializableException">The result cannot be written as JSON.</exception>
    public static void Write(IBufferWriter<byte> output, JobOutcome outcome, JobDefinition definition, EndpointDefinition endpoint)
    {
        if (outcome.Json is { } json)
            output.Write(json.Span);
        else
            Write(output, outcome.Value, endpoint.ResultJson, definition.JsonOptions);
    }

    /// <summary>Writes one value.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="value">The value.</param>
    /// <param name="declared">JSON contract of the declared type, where there is one.</param>
    /// <param name="options">The job's JSON options.</param>
    /// <exception cref="ResultNotSerializableException">The value cannot be written as JSON.</exception>
    public static void Write(IBufferWriter<byte> output, object? value, JsonTypeInfo? declared, JsonSerializerOptions options)
    {
        if (value is null)
        {
            output.Write("null"u8);
            return;
        }

        var writer = Interlocked.Exchange(ref _writer, null);
        if (writer is null)
            writer = new Utf8JsonWriter(output, JobJson.WriterOptions);
        else
            writer.Reset(output);
        try
        {
            JsonSerializer.Serialize(writer, value, ContractOf(value, declared, options));
            writer.Flush();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new ResultNotSerializableException(
                $"the result of type {TypeNames.Of(value.GetType())} cannot be written as JSON: {JobFailure.Of(exception).Message}", exception);
        }
        finally
        {
            writer.Reset(NoOutput.Instance);
            _writer = writer;
        }
    }

    // A value of a derived class is written whole, unless the declared type says which derived ones there are.
    private static JsonTypeInfo ContractOf(object value, JsonTypeInfo? declared, JsonSerializerOptions options)
    {
        var type = value.GetType();
        if (declared is null || declared.Type == typeof(object))
            return options.GetTypeInfo(type);
        var isDerived = declared is { Kind: JsonTypeInfoKind.Object, PolymorphismOptions: null }
            && declared.Type != type && Nullable.GetUnderlyingType(declared.Type) != type;
        return isDerived ? options.GetTypeInfo(type) : declared;
    }

    private sealed class NoOutput : IBufferWriter<byte>
    {
        public static readonly NoOutput Instance = new();

        public void Advance(int count) => throw new InvalidOperationException();

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new InvalidOperationException();

        public Span<byte> GetSpan(int sizeHint = 0) => throw new InvalidOperationException();
    }
}
