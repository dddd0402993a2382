using System.Net.Sockets;
using RabbitMQ.Client.Exceptions;

namespace JobRunner.RabbitMq.Connections;

/// <summary>Says in the words of queues what went wrong in those of AMQP.</summary>
internal static class RabbitCalls
{
    public static async Task<T> RunAsync<T>(RabbitConnection connection, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (IsBrokers(exception))
        {
            throw new QueueUnavailableException(RabbitErrors.Calling(connection.Endpoint, exception), exception);
        }
    }

    public static Task RunAsync(RabbitConnection connection, Func<Task> call) => RunAsync(connection, async () =>
    {
        await call();
        return true;
    });

    /// <summary>Whether an exception tells of the broker or the way to it. A channel that was closed while it was used
    /// is disposed of by whoever opens the next.</summary>
    public static bool IsBrokers(Exception exception) =>
        exception is RabbitMQClientException or IOException or SocketException or TimeoutException
            or ObjectDisposedException { ObjectName: not nameof(RabbitConnection) };
}
