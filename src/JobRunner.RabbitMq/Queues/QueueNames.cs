using System.Globalization;
using JobRunner.RabbitMq.Connections;

namespace JobRunner.RabbitMq.Queues;

/// <summary>What the parts of one queue are called at the broker. The queue of priority 0 bears the plain name, since that
/// is where other clients publish.</summary>
internal sealed record QueueNames
{
    private const int LongestSuffix = 16;

    /// <exception cref="FormatException">A name is none that RabbitMQ takes.</exception>
    public QueueNames(string queue, string? dead)
    {
        AmqpNames.Check(queue, "the queue", AmqpNames.MaxBytes - LongestSuffix);
        Queue = queue;
        Dead = dead ?? $"{queue}.dead";
        AmqpNames.Check(Dead, "the queue of dead letters");
        Bands = [.. Enumerable.Range(0, NewTask.MaxPriority + 1).Select(priority => priority == 0 ? queue : $"{queue}.p{priority}")];
    }

    public string Queue { get; }

    public string Dead { get; }

    /// <summary>One queue per priority, by priority.</summary>
    public IReadOnlyList<string> Bands { get; }

    /// <summary>Holds one message while the queue is paused.</summary>
    public string Paused => $"{Queue}.paused";

    /// <summary>Stream of idempotency keys.</summary>
    public string Keys => $"{Queue}.keys";

    /// <summary>Exchange by which a delayed message comes back to its band.</summary>
    public string Due => $"{Queue}.due";

    /// <summary>The exchange and the queue of one step of a delay.</summary>
    public string Later(int step) => string.Create(CultureInfo.InvariantCulture, $"{Queue}.later.{step}");
}
