using System.Text;

namespace JobRunner.RabbitMq.Connections;

/// <summary>What AMQP takes for a name: a short string of at most 255 bytes.</summary>
internal static class AmqpNames
{
    public const int MaxBytes = 255;

    public static bool IsShort(string text) => Encoding.UTF8.GetByteCount(text) <= MaxBytes;

    /// <exception cref="FormatException">The name is none.</exception>
    public static void Check(string name, string what, int maxBytes = MaxBytes)
    {
        if (string.IsNullOrWhiteSpace(name)) throw new FormatException($"The name of {what} is empty.");
        if (name.Any(char.IsControl)) throw new FormatException($"The name of {what} has a control character.");
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > maxBytes)
            throw new FormatException($"The name of {what} has {bytes} bytes; RabbitMQ leaves {maxBytes} for it.");
    }
}
