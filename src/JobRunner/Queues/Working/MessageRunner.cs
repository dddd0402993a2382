using JobRunner.Execution;
using JobRunner.Queues.Formats;
using JobRunner.Tasks;
using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>Carries out one message after the other has given it a place: read, run, deliver.</summary>
internal sealed partial class MessageRunner(
    WorkedQueue worked,
    ServedJob served,
    TaskExecution execution,
    RunningMessages running,
    MessageRecords records,
    OutcomeDelivery outcomes)
{
    private const string Unreadable = "MessageFormatError";
    private const string UnknownEndpoint = "NotFound";

    /// <summary>Starts a message in a place that it gives back.</summary>
    public void Start(QueueLease lease, GatePlace place)
    {
        var run = running.Add(lease, worked.Time.GetTimestamp());
        _ = Task.Run(() => RunAsync(run, place), CancellationToken.None);
    }

    private async Task RunAsync(MessageRun run, GatePlace place)
    {
        var started = worked.Time.GetTimestamp();
        var message = run.Message;
        if ((message.NotBefore > message.EnqueuedAt ? message.NotBefore : message.EnqueuedAt) is { } due)
            worked.Instruments.Started(worked.Time.GetUtcNow() - due);
        try
        {
            var ending = MessageEnding.Of(await ExecuteAsync(run, place), run, worked);
            if (ending.Status.IsFinished() && !run.IsLost)
                worked.Instruments.Ended(ending.Status.Name(), worked.Time.GetElapsedTime(started));
            await outcomes.DeliverAsync(run, ending);
        }
        catch (Exception exception)
        {
            // The lease runs out and the message comes again: no message ever stops the worker.
            RunFailed(worked.Logger, exception, worked.Name, message.Id);
        }
        finally
        {
            running.Remove(run);
        }
    }

    private async Task<TaskRun> ExecuteAsync(MessageRun run, GatePlace place)
    {
        MessageCall call;
        try
        {
            if ((Prepare(run) ?? await TryRecordAsync(run, run.Call!)) is { } ended)
            {
                place.Release();
                return TaskRun.Ended(ended);
            }

            call = run.Call!;
        }
        catch
        {
            // Nobody else gives it back, and a worker whose places are gone fetches nothing any more.
            place.Release();
            throw;
        }

        var message = run.Message;
        var record = run.Lease.Task?.Record ?? records.RecordOf(message, call);
        var feed = run.Task is { } lease ? new TaskFeed(worked.Store, lease) : null;
        var timeout = message.Deadline - worked.Time.GetUtcNow() is { } left && left < worked.Timeout ? left : worked.Timeout;
        var result = await execution.RunAsync(
            record with { Endpoint = call.Endpoint, Payload = call.Payload, Queue = worked.Name },
            message.Attempt,
            timeout,
            place,
            feed,
            run.Token);
        if (feed is not null)
            await feed.FlushAsync();
        return result;
    }

    /// <summary>Reads what a message asks for.</summary>
    /// <returns>Why it is not carried out; null where it is.</returns>
    private TaskOutcome? Prepare(MessageRun run)
    {
        var message = run.Message;
        try
        {
            run.Call = Typed(worked.Format.Read(message, worked.Options));
        }
        catch (MessageFormatException exception)
        {
            return TaskFailures.Of(exception.Message, Unreadable, status: 422);
        }

        if (message.Deadline <= worked.Time.GetUtcNow())
            return TaskFailures.Expired();
        return served.Loaded is { } job && EndpointMatch.ByPath(job.Definition, run.Call.Endpoint) is null
            ? TaskFailures.Of($"the job has no endpoint {run.Call.Endpoint}", UnknownEndpoint, status: 404) with { IsUnbound = true }
            : null;
    }

    private MessageCall Typed(MessageCall call) =>
        call.HasTextValues && served.Loaded is { } job && EndpointMatch.ByPath(job.Definition, call.Endpoint) is { } endpoint
            ? call with { Payload = TextArguments.Typed(call.Payload, endpoint) }
            : call;

    // The run need not wait for a store that is away; its outcome does.
    private async Task<TaskOutcome?> TryRecordAsync(MessageRun run, MessageCall call)
    {
        try
        {
            return await records.BeginAsync(run, call, run.Token);
        }
        catch (TaskStoreException exception)
        {
            NotRecorded(worked.Logger, worked.Name, run.Message.Id, exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (run.Token.IsCancellationRequested)
        {
            // The run was ended before it began, which its token tells whoever carries it out.
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Queue}: message {Message} was left; it comes again when its lease has ended")]
    private static partial void RunFailed(ILogger logger, Exception exception, string queue, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Queue}: message {Message} runs without a record: {Reason}")]
    private static partial void NotRecorded(ILogger logger, string queue, string message, string reason);
}
