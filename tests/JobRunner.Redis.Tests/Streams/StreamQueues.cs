using System.Text;
using JobRunner.Redis.Protocol;
using JobRunner.Redis.Streams;
using JobRunner.Redis.Tests.Protocol;

namespace JobRunner.Redis.Tests.Streams;

/// <summary>Queues for a test: one stream of its own, workers with names of their own.</summary>
internal static class StreamQueues
{
    public static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    public static RedisStreamQueue Of(
        RedisServer server, string stream, string consumer = "worker", Func<RedisStreamOptions, RedisStreamOptions>? change = null)
    {
        var options = new RedisStreamOptions { Name = stream, Stream = stream, Consumer = consumer };
        return new RedisStreamQueue(change?.Invoke(options) ?? options, RedisConnections.To(server), TimeProvider.System);
    }

    public static QueueMessage Message(string body, Func<QueueMessage, QueueMessage>? change = null)
    {
        var message = new QueueMessage { Body = Encoding.UTF8.GetBytes(body) };
        return change?.Invoke(message) ?? message;
    }

    public static async Task<string> PutAsync(
        this IJobQueue queue, string body, Func<QueueMessage, QueueMessage>? change = null) =>
        (await queue.PutAsync([Message(body, change)], CancellationToken.None)).Single();

    /// <summary>Receives exactly so many messages, as soon as they are there.</summary>
    public static async Task<List<QueueLease>> ReceiveAsync(this IJobQueue queue, int count, TimeSpan? lease = null)
    {
        var leases = new List<QueueLease>();
        await Until.TrueAsync(
            async () =>
            {
                leases.AddRange(await queue.ReceiveAsync(count - leases.Count, lease ?? Long, CancellationToken.None));
                return leases.Count == count;
            },
            $"{count} messages came");
        return leases;
    }

    public static async Task<QueueLease> ReceiveOneAsync(this IJobQueue queue, TimeSpan? lease = null) =>
        (await queue.ReceiveAsync(1, lease)).Single();

    public static async Task ShouldBeEmptyAsync(this IJobQueue queue)
    {
        var status = await queue.InspectAsync(CancellationToken.None);
        (status.Depth, status.Scheduled, status.Running).ShouldBe((0, 0, 0));
    }

    public static Task<bool> CompleteAsync(this IJobQueue queue, QueueLease lease) =>
        queue.CompleteAsync(lease, Success, CancellationToken.None);

    public static string Text(this QueueMessage message) => Encoding.UTF8.GetString(message.Body.Span);

    public static TaskOutcome Success { get; } = new() { HttpStatus = 200, Result = "1"u8.ToArray() };

    public static TaskOutcome Failure { get; } = new()
    {
        HttpStatus = 500,
        Result = "{}"u8.ToArray(),
        Error = "it went wrong",
        ErrorType = "InvalidOperationException",
    };
}
