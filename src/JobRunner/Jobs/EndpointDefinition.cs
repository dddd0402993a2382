using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using JobRunner.Telemetry.Metrics;

namespace JobRunner.Jobs;

/// <summary>One endpoint of a job: <c>/perform</c> or an auxiliary one.</summary>
public sealed class EndpointDefinition
{
    internal EndpointDefinition(
        string path, string httpMethod, MethodInfo method, MethodInvoker invoker, ArgumentBinder binder)
    {
        Path = path;
        HttpMethod = httpMethod;
        Method = method;
        Invoker = invoker;
        Binder = binder;
    }

    /// <summary>Path below <c>/api/v1</c>, with its leading slash; may hold route parameters.</summary>
    public string Path { get; }

    /// <summary>HTTP method.</summary>
    public string HttpMethod { get; }

    /// <summary>The method that carries out the call.</summary>
    public MethodInfo Method { get; }

    /// <summary>Parameters in the order of the signature.</summary>
    public IReadOnlyList<ParameterDefinition> Parameters => Binder.Parameters;

    /// <summary>Type of the result once awaited; <see cref="void"/> where there is none.</summary>
    public Type ResultType => Invoker.ResultType;

    /// <summary>Whether the method returns only when its work is done.</summary>
    public bool IsSynchronous => Invoker.IsSynchronous;

    /// <summary>One line of documentation.</summary>
    public string? Summary { get; internal init; }

    /// <summary>Further documentation.</summary>
    public string? Remarks { get; internal init; }

    /// <summary>What the result means.</summary>
    public string? Returns { get; internal init; }

    /// <summary>Groups in the documentation.</summary>
    public IReadOnlyList<string> Tags { get; internal init; } = ["API"];

    /// <summary>Example payload as UTF-8 JSON; it is also the payload of a call without a body.</summary>
    public ReadOnlyMemory<byte>? Example { get; internal set; }

    /// <summary>Kind of executor for this endpoint; null for the job's own.</summary>
    public string? Executor { get; internal init; }

    /// <summary>Media type of a result that is written as it is, as <c>[Produces]</c> declares it.</summary>
    public string? MediaType { get; internal init; }

    /// <summary>Element type of a result that is streamed; null where it is not.</summary>
    public Type? StreamElementType { get; internal init; }

    /// <summary>Label of this endpoint in metrics; set when a host serves it.</summary>
    internal EndpointTag Tag { get; set; } = new("unknown");

    internal MethodInvoker Invoker { get; }

    internal ArgumentBinder Binder { get; }

    internal JsonTypeInfo? ResultJson { get; init; }

    internal Func<object, CancellationToken, IAsyncEnumerable<object?>>? StreamReader { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{HttpMethod} {Path}";
}
