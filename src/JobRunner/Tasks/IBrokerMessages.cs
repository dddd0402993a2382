namespace JobRunner.Tasks;

/// <summary>Messages that brokers hold, whose records stand in the store of tasks.</summary>
internal interface IBrokerMessages
{
    /// <summary>Makes sure that the broker of a task can be asked now, where one of this host holds its message.</summary>
    /// <exception cref="TaskStoreException">The broker is away.</exception>
    Task EnsureUpAsync(TaskRecord record, CancellationToken cancellationToken);

    /// <summary>Puts the message of a task back where a broker of this host holds such messages: a record alone would
    /// wait for ever.</summary>
    /// <exception cref="TaskStoreException">The broker is away.</exception>
    Task PutBackAsync(TaskRecord record, CancellationToken cancellationToken);
}
