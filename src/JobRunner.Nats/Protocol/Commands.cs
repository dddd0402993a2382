using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace JobRunner.Nats.Protocol;

/// <summary>Something that the client says.</summary>
internal interface ICommand
{
    void WriteTo(IBufferWriter<byte> writer);
}

internal readonly record struct ConnectCommand(ConnectOptions Options) : ICommand
{
    public void WriteTo(IBufferWriter<byte> writer)
    {
        writer.Write("CONNECT "u8);
        writer.Write(JsonSerializer.SerializeToUtf8Bytes(Options, ProtocolJson.Default.ConnectOptions));
        writer.Write("\r\n"u8);
    }
}

internal readonly record struct PingCommand : ICommand
{
    public void WriteTo(IBufferWriter<byte> writer) => writer.Write("PING\r\n"u8);
}

internal readonly record struct PongCommand : ICommand
{
    public void WriteTo(IBufferWriter<byte> writer) => writer.Write("PONG\r\n"u8);
}

internal readonly record struct SubscribeCommand(string Subject, string? QueueGroup, long Id) : ICommand
{
    public void WriteTo(IBufferWriter<byte> writer)
    {
        writer.Write("SUB "u8);
        writer.WriteWord(Subject);
        if (QueueGroup is not null) writer.WriteWord(QueueGroup);
        writer.WriteNumber(Id);
        writer.Write("\r\n"u8);
    }
}

internal readonly record struct UnsubscribeCommand(long Id) : ICommand
{
    public void WriteTo(IBufferWriter<byte> writer)
    {
        writer.Write("UNSUB "u8);
        writer.WriteNumber(Id);
        writer.Write("\r\n"u8);
    }
}

/// <summary>A publication; <paramref name="Headers"/> are in their wire form, empty for none.</summary>
internal readonly record struct PublishCommand(
    string Subject, string? ReplyTo, ReadOnlyMemory<byte> Headers, ReadOnlyMemory<byte> Payload) : ICommand
{
    public void WriteTo(IBufferWriter<byte> writer)
    {
        writer.Write(Headers.IsEmpty ? "PUB "u8 : "HPUB "u8);
        writer.WriteWord(Subject);
        if (ReplyTo is not null) writer.WriteWord(ReplyTo);
        if (!Headers.IsEmpty)
        {
            writer.WriteNumber(Headers.Length);
            writer.Write(" "u8);
        }

        writer.WriteNumber(Headers.Length + Payload.Length);
        writer.Write("\r\n"u8);
        writer.Write(Headers.Span);
        writer.Write(Payload.Span);
        writer.Write("\r\n"u8);
    }
}

file static class CommandText
{
    private const int LongestNumber = 20;

    public static void WriteWord(this IBufferWriter<byte> writer, string word)
    {
        Encoding.UTF8.GetBytes(word, writer);
        writer.Write(" "u8);
    }

    public static void WriteNumber(this IBufferWriter<byte> writer, long number)
    {
        Utf8Formatter.TryFormat(number, writer.GetSpan(LongestNumber), out var length);
        writer.Advance(length);
    }
}
