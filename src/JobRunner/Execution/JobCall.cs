using System.Buffers;
using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;

namespace JobRunner;

/// <summary>One invocation of an endpoint, whatever started it.</summary>
public sealed class JobCall
{
    private string? _id;

    /// <summary>The endpoint that is called.</summary>
    public required EndpointDefinition Endpoint { get; init; }

    /// <summary>The payload: one well-formed JSON object in UTF-8. It is read before the call's first asynchronous
    /// step or copied, so that its buffer may be reused once the call has ended.</summary>
    public required ReadOnlySequence<byte> Payload { get; init; }

    /// <summary>Id of the call, unique among all calls; made when first asked for.</summary>
    public string Id
    {
        get => _id ??= Guid.CreateVersion7().ToString("N");
        init => _id = value;
    }

    /// <summary>Id of the task that this call carries out; null for a synchronous call.</summary>
    public string? TaskId { get; init; }

    /// <summary>Number of this attempt, the first being 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Name of the caller, where it is known.</summary>
    public string? CallerName { get; init; }

    /// <summary>Tracing id of the request, where it has one.</summary>
    public string? TracingId { get; init; }

    /// <summary>Recordkeeper's predecessor id, where the request has one; chained calls hand it on.</summary>
    public string? PredecessorId { get; init; }

    /// <summary>Time the call may take, waiting included; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Name of the queue that the call came from; null for a call over HTTP.</summary>
    public string? Queue { get; init; }

    /// <summary>Scheme of that queue's transport.</summary>
    public string? QueueSystem { get; init; }

    /// <summary>W3C trace context of whoever started the call; over HTTP the request's own header counts.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The HTTP request; null for a call that came from elsewhere.</summary>
    public HttpContext? HttpContext { get; init; }

    /// <summary>Takes what the job reports of its progress; null where nobody listens.</summary>
    public Action<double, string?>? Progress { get; init; }

    /// <summary>Place in the gate that the starter of the call holds already; null to wait for one.</summary>
    internal GatePlace? Place { get; init; }

    /// <summary>Whether somebody must be answered while the call still runs, so that it must not run on the thread
    /// that waits for it.</summary>
    internal bool IsDetached { get; set; }
}
