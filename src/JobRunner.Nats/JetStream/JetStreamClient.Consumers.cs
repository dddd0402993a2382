namespace JobRunner.Nats.JetStream;

/// <summary>Consumers of streams.</summary>
internal sealed partial class JetStreamClient
{
    /// <summary>Creates a consumer, or updates what can be changed of one that exists.</summary>
    public Task<ConsumerInfo> CreateConsumerAsync(string stream, ConsumerConfig config, CancellationToken cancellationToken = default)
    {
        CheckName(stream);
        var subject = config.DurableName is { } durable
            ? $"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{CheckName(durable)}"
            : $"$JS.API.CONSUMER.CREATE.{stream}";
        return AskAsync(
            subject,
            new CreateConsumerRequest { StreamName = stream, Config = config },
            JetStreamJson.Default.CreateConsumerRequest,
            JetStreamJson.Default.ConsumerInfo,
            cancellationToken);
    }

    /// <summary>The durable consumer, created where it is missing; one that exists is used as it is.</summary>
    public async Task<ConsumerInfo> EnsureConsumerAsync(string stream, ConsumerConfig config, CancellationToken cancellationToken = default) =>
        await FindConsumerAsync(stream, config.DurableName!, cancellationToken) ?? await CreateConsumerAsync(stream, config, cancellationToken);

    public Task<ConsumerInfo?> FindConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default) =>
        OrNull(AskAsync($"$JS.API.CONSUMER.INFO.{CheckName(stream)}.{CheckName(consumer)}", [], JetStreamJson.Default.ConsumerInfo, cancellationToken));

    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default) =>
        await OrNull(AskAsync($"$JS.API.CONSUMER.DELETE.{CheckName(stream)}.{CheckName(consumer)}", [], JetStreamJson.Default.SuccessResponse, cancellationToken)) is not null;
}
