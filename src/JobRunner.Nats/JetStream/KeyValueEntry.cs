namespace JobRunner.Nats.JetStream;

internal enum KeyValueOperation
{
    Put,

    /// <summary>A marker that the key is gone; its history stays.</summary>
    Delete,

    /// <summary>A marker that the key and its history are gone.</summary>
    Purge,
}

/// <summary>What a bucket holds for a key, or that it holds nothing any more.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Empty for markers.</param>
/// <param name="Revision">Grows with every change in the bucket.</param>
/// <param name="Operation">Whether there is a value.</param>
/// <param name="Written">When.</param>
internal sealed record KeyValueEntry(
    string Key, ReadOnlyMemory<byte> Value, ulong Revision, KeyValueOperation Operation, DateTimeOffset Written)
{
    public bool Exists => Operation is KeyValueOperation.Put;
}
