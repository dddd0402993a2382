using System.Text;
using RabbitMQ.Client;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Publishes with RabbitMQ's own client.</summary>
internal sealed class RawRabbit : IRawClient
{
    private readonly string _queue;
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private RawRabbit(string queue, IConnection connection, IChannel channel) =>
        (_queue, _connection, _channel) = (queue, connection, channel);

    public static async Task<RawRabbit> ConnectAsync(Broker broker)
    {
        var connection = await new ConnectionFactory { HostName = "127.0.0.1", Port = broker.Port }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        return new RawRabbit(QueueUrl.Parse(broker.Url).Parameter("queue")!, connection, channel);
    }

    public async Task PutAsync(byte[] body, IReadOnlyDictionary<string, string> metadata) => await _channel.BasicPublishAsync(
        string.Empty,
        _queue,
        mandatory: true,
        new BasicProperties
        {
            Headers = metadata.ToDictionary(pair => pair.Key, object? (pair) => Encoding.UTF8.GetBytes(pair.Value), StringComparer.Ordinal),
        },
        body);

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
