using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace JobRunner.Cli.Enqueueing;

/// <summary>Puts tasks as they are read, and tells of the first that could not be put.</summary>
/// <param name="client">The queue.</param>
/// <param name="progress">What counts those that are accepted.</param>
internal sealed class Enqueuer(JobQueueClient client, AcceptedProgress progress)
{
    private readonly ConcurrentQueue<TaskToPut> _underWay = new();

    /// <summary>Puts tasks.</summary>
    /// <param name="endpoint">Path of the endpoint.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="accepted">Called with the id of each, in order.</param>
    /// <param name="interrupted">Ends the reading; what was read is put.</param>
    /// <exception cref="NotAllAcceptedException">One could not be put, or the reading was interrupted.</exception>
    public Task PutAsync(string endpoint, TasksToPut tasks, Action<string> accepted, CancellationToken interrupted) =>
        progress.ShowAsync(tasks.Size, async () =>
        {
            try
            {
                await foreach (var id in client.PutManyAsync(endpoint, PayloadsAsync(tasks, interrupted), cancellationToken: CancellationToken.None))
                {
                    accepted(id);
                    progress.Add(_underWay.TryDequeue(out var task) ? task.Size : 0);
                }
            }
            catch (OperationCanceledException exception) when (interrupted.IsCancellationRequested)
            {
                throw new NotAllAcceptedException("Interrupted.", progress.Accepted, exception);
            }
            catch (Exception exception) when (exception is MessageTooLargeException or ArgumentException)
            {
                var refused = _underWay.TryPeek(out var task) ? $"{task.Origin}: {exception.Message}" : exception.Message;
                throw new NotAllAcceptedException(refused, progress.Accepted, exception);
            }
            catch (Exception exception)
            {
                throw new NotAllAcceptedException(exception.Message, progress.Accepted, exception);
            }
        });

    private async IAsyncEnumerable<object?> PayloadsAsync(
        TasksToPut tasks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var task in tasks.Tasks(cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _underWay.Enqueue(task);
            yield return task.Payload;
        }
    }
}
