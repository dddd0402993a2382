namespace JobRunner.Cli.Tests.Queues;

/// <summary>Puts what a broker itself takes, whether or not it is a message of ours.</summary>
internal interface IRawClient : IAsyncDisposable
{
    /// <summary>Puts one message; the broker has it when this returns.</summary>
    Task PutAsync(byte[] body, IReadOnlyDictionary<string, string> metadata);

    public static async Task<IRawClient> ConnectAsync(Broker broker) => broker.Kind switch
    {
        "redis" => await RawRedis.ConnectAsync(broker),
        "nats" => await RawNats.ConnectAsync(broker),
        "rabbitmq" => await RawRabbit.ConnectAsync(broker),
        _ => throw new ArgumentOutOfRangeException(nameof(broker)),
    };
}
