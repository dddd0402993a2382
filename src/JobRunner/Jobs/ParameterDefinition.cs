using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JobRunner.Jobs;

/// <summary>One parameter of an endpoint, as reflection found it.</summary>
public sealed class ParameterDefinition
{
    internal ParameterDefinition(string name, Type type, ParameterSource source, int position)
    {
        Name = name;
        Type = type;
        Source = source;
        Position = position;
        SourceName = name;
    }

    /// <summary>Name as the method declares it.</summary>
    public string Name { get; }

    /// <summary>Declared type.</summary>
    public Type Type { get; }

    /// <summary>Where the value is taken from.</summary>
    public ParameterSource Source { get; }

    /// <summary>Name under which the source knows the value, where an attribute sets another one.</summary>
    public string SourceName { get; internal init; }

    /// <summary>Place in the method's signature, from 0.</summary>
    public int Position { get; }

    /// <summary>Whether a call may leave it out.</summary>
    public bool IsOptional { get; internal init; }

    /// <summary>Value of an optional parameter that a call leaves out.</summary>
    public object? DefaultValue { get; internal init; }

    /// <summary>Whether null is a value of this parameter.</summary>
    public bool AllowsNull { get; internal init; }

    /// <summary>Data annotations that every value must satisfy.</summary>
    public IReadOnlyList<ValidationAttribute> Rules { get; internal init; } = [];

    /// <summary>Description from the XML documentation.</summary>
    public string? Description { get; internal init; }

    /// <summary>Type as C# writes it.</summary>
    public string TypeName => TypeNames.Of(Type);

    /// <summary>Whether the value comes from the caller rather than from the host.</summary>
    public bool IsArgument => Source is not (ParameterSource.CancellationToken or ParameterSource.JobContext
        or ParameterSource.HttpContext or ParameterSource.Services);

    /// <summary>Key of a service that is registered under one.</summary>
    internal object? ServiceKey { get; init; }

    internal JsonTypeInfo? Json { get; init; }

    internal ValueShape? Shape { get; init; }

    internal NestedRules? NestedRules { get; init; }

    internal bool HasRules => Rules.Count > 0 || NestedRules is not null;

    internal JsonSerializerOptions? JsonOptions => Json?.Options;

    /// <summary>The default value as JSON. Null also where JSON has no word for it: an undefined <see cref="JsonElement"/>, an
    /// immutable array that was never made.</summary>
    internal JsonNode? DefaultJson(JsonSerializerOptions options)
    {
        if (DefaultValue is not { } value)
            return null;
        try
        {
            return JsonSerializer.SerializeToNode(value, value.GetType(), options);
        }
        catch (Exception exception) when (exception is InvalidOperationException or NotSupportedException or JsonException)
        {
            return null;
        }
    }
}
