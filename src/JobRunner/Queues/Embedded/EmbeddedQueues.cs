using JobRunner.Tasks;

namespace JobRunner.Queues.Embedded;

/// <summary>The queues that need no broker: <c>sqlite:</c> and <c>memory:</c>.</summary>
/// <param name="stores">Makes the stores that hold the messages.</param>
/// <param name="maxInterruptions">Lost leases after which a message fails.</param>
/// <param name="time">The clock.</param>
internal sealed class EmbeddedQueues(ITaskStoreTransport stores, int maxInterruptions, TimeProvider time) : IJobQueueTransport
{
    private const string QueueParameter = "queue";
    private const string DefaultQueue = "jobs";
    private const string Memory = "memory";

    public IReadOnlyCollection<string> Schemes { get; } = ["sqlite", Memory];

    public IJobQueue Create(QueueOptions options) => new StoreQueue(
        options.Url.Parameter(QueueParameter) is { Length: > 0 } name ? name : DefaultQueue,
        stores.Create(options.Url),
        options,
        isDurable: options.Url.Scheme != Memory,
        maxInterruptions,
        time);
}
