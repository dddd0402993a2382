namespace JobRunner;

/// <summary>Makes the queues of some URL schemes; registered as a singleton, as <c>AddRedisQueues()</c> does.</summary>
public interface IJobQueueTransport
{
    /// <summary>Schemes of <see cref="QueueUrl.Scheme"/> that it makes queues of.</summary>
    IReadOnlyCollection<string> Schemes { get; }

    /// <summary>Makes a queue; nothing is connected yet.</summary>
    IJobQueue Create(QueueOptions options);
}
