namespace JobRunner;

/// <summary>Makes the stores of some URL schemes; registered as a singleton, as <c>AddRedisQueues()</c> does.</summary>
public interface ITaskStoreTransport
{
    /// <summary>Schemes of <see cref="QueueUrl.Scheme"/> that it makes stores of.</summary>
    IReadOnlyCollection<string> Schemes { get; }

    /// <summary>Makes a store; nothing is connected yet.</summary>
    ITaskStore Create(QueueUrl url);
}
