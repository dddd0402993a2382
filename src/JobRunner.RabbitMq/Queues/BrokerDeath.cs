using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Why the broker itself put a message to the dead letters, from its <c>x-death</c> header.</summary>
internal sealed record BrokerDeath(string Sentence, DateTimeOffset? At)
{
    public static BrokerDeath? Of(IDictionary<string, object?>? headers)
    {
        if (headers is null || !headers.TryGetValue("x-death", out var value)) return null;
        if ((value as IEnumerable<object?>)?.FirstOrDefault() is not IDictionary<string, object?> death) return null;
        var sentence = MessageHeaders.Text(death, "reason") switch
        {
            "expired" => "The message expired before it was run.",
            "delivery_limit" => "The message was handed out more often than the broker allows, and never ended.",
            "rejected" => "A consumer rejected the message.",
            var reason => $"The broker dropped the message: {reason}.",
        };
        return new BrokerDeath(sentence, death.TryGetValue("time", out var at) && at is AmqpTimestamp time ? MessageHeaders.Time(time) : null);
    }
}
