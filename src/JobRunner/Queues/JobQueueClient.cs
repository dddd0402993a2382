using System.Runtime.CompilerServices;
using System.Text.Json;
using JobRunner.Execution;
using JobRunner.Jobs.Json;
using JobRunner.Queues;
using JobRunner.Telemetry;
using JobRunner.Telemetry.Tracing;

namespace JobRunner;

/// <summary>Puts tasks into one queue and waits for them, from any process; no host is needed.</summary>
public sealed class JobQueueClient : IAsyncDisposable
{
    private const int Batch = 100;

    private static readonly JsonSerializerOptions Json = JobJson.CreateOptions(namedFloats: false);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly IJobQueue _queue;
    private readonly ITaskStore? _records;

    internal JobQueueClient(IJobQueue queue, ITaskStore? records)
    {
        _queue = queue;
        _records = queue.Store ?? records;
    }

    /// <summary>Name of the queue, without credentials.</summary>
    public string Name => _queue.Name;

    /// <summary>Puts one task.</summary>
    /// <param name="endpoint">Path of the endpoint, <c>/perform</c> for the job's main one.</param>
    /// <param name="payload">The arguments: an object, anonymous type or dictionary; null for none.</param>
    /// <param name="options">When and how it runs.</param>
    /// <param name="cancellationToken">Ends the wait; the task may be put all the same.</param>
    /// <returns>Id of the task, once the queue holds it durably.</returns>
    /// <exception cref="ArgumentException">The payload is no JSON object.</exception>
    /// <exception cref="MessageTooLargeException">It is larger than the broker carries.</exception>
    /// <exception cref="QueueUnavailableException">The broker is away.</exception>
    public async Task<string> PutAsync(
        string endpoint, object? payload, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        (await _queue.PutAsync([MessageOf(endpoint, payload, options)], cancellationToken))[0];

    /// <summary>Puts many tasks, in batches, while they are produced: at most 100 at once, and what there is when nothing
    /// further comes for a moment. Those before one that cannot be put are put.</summary>
    /// <inheritdoc cref="PutAsync"/>
    /// <param name="endpoint">Path of the endpoint.</param>
    /// <param name="payloads">The arguments of each task.</param>
    /// <param name="options">When and how they run; an idempotency key goes with one task only.</param>
    /// <param name="cancellationToken">Stops after the tasks that are put already.</param>
    /// <returns>Ids, in order, as batches are accepted.</returns>
    public async IAsyncEnumerable<string> PutManyAsync(
        string endpoint,
        IAsyncEnumerable<object?> payloads,
        PutOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(payloads);
        if (options?.IdempotencyKey is not null)
            throw new ArgumentException("An idempotency key goes with one task; put them one by one.", nameof(options));
        var messages = payloads.Select(payload => MessageOf(endpoint, payload, options));
        await foreach (var batch in Batches.OfAsync(messages, Batch, cancellationToken))
        {
            if (await TryPutAsync(batch, cancellationToken) is { } ids)
            {
                foreach (var id in ids)
                    yield return id;
                continue;
            }

            // One of them is too large, and none was put: those before it can be, and it is the one that then throws.
            foreach (var message in batch)
                yield return (await _queue.PutAsync([message], cancellationToken))[0];
        }
    }

    /// <summary>Waits for the end of a task.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="taskId">Id of the task.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="JobTaskException">It failed or was cancelled.</exception>
    /// <exception cref="NotSupportedException">The queue keeps no records, and no store was named.</exception>
    public async Task<T?> WaitAsync<T>(string taskId, CancellationToken cancellationToken = default)
    {
        var record = await WaitAsync(taskId, cancellationToken);
        if (record.Status != TaskState.Completed)
            throw new JobTaskException(taskId, record.Error ?? record.Status.ToString(), record.ErrorType);
        return record.Result is { IsEmpty: false } result ? JsonSerializer.Deserialize<T>(result.Span, Json) : default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    /// <summary>Whether the ends of tasks can be waited for.</summary>
    internal bool KeepsRecords => _records is not null;

    /// <summary>State of a task; null where it has no record yet.</summary>
    internal async Task<TaskState?> StatusAsync(string taskId, CancellationToken cancellationToken) =>
        _records is null ? null : (await _records.GetAsync(taskId, cancellationToken))?.Status;

    /// <summary>Waits for the end of a task, whatever it is.</summary>
    internal async Task<TaskRecord> WaitAsync(string taskId, CancellationToken cancellationToken)
    {
        var store = _records ?? throw new NotSupportedException(
            $"The queue {_queue.Name} keeps no records, so that its results can only be read where they are published.");
        await store.OpenAsync(cancellationToken);
        while (true)
        {
            if (await store.GetAsync(taskId, cancellationToken) is { } record
                && record.Status is TaskState.Completed or TaskState.Failed or TaskState.Cancelled)
                return record;
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>?> TryPutAsync(
        IReadOnlyList<QueueMessage> batch, CancellationToken cancellationToken)
    {
        try
        {
            return await _queue.PutAsync(batch, cancellationToken);
        }
        catch (MessageTooLargeException) when (batch.Count > 1)
        {
            return null;
        }
    }

    private static QueueMessage MessageOf(string endpoint, object? payload, PutOptions? options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(endpoint);
        var body = payload switch
        {
            null => PayloadCheck.EmptyObject,
            ReadOnlyMemory<byte> json => json,
            _ => JsonSerializer.SerializeToUtf8Bytes(payload, payload.GetType(), Json),
        };
        if (PayloadCheck.Find(new System.Buffers.ReadOnlySequence<byte>(body)) is { } problem)
            throw new ArgumentException(problem.Message, nameof(payload));
        options ??= new PutOptions();
        return new QueueMessage
        {
            Body = body,
            Endpoint = endpoint.StartsWith('/') ? endpoint : $"/{endpoint}",
            NotBefore = options.NotBefore,
            Deadline = options.Deadline,
            Priority = options.Priority,
            IdempotencyKey = options.IdempotencyKey,
            ReplyTo = options.ReplyTo,
            Caller = options.Caller,
            TracingId = options.TracingId ?? CallScope.Current?.TracingId,
            TraceParent = CallTracing.CurrentTraceParent,
        };
    }
}
