using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;

namespace JobRunner.Redis.Protocol;

/// <summary>Writes commands: arrays of strings, the same in every version of the protocol.</summary>
internal static class RespWriter
{
    /// <summary>From this size on, bytes go to the socket without being copied into the buffer first.</summary>
    private const int LargeArgument = 64 * 1024;

    private const int LongestHeader = 32;

    public static async ValueTask WriteAsync(PipeWriter writer, RedisCommand command, CancellationToken cancellationToken)
    {
        WriteHeader(writer, '*', command.Arguments.Length + 1);
        WriteSmall(writer, Encoding.ASCII.GetBytes(command.Name));
        for (var i = 0; i < command.Arguments.Length; i++)
        {
            var bytes = command.Arguments[i].Bytes;
            if (bytes.Length < LargeArgument)
            {
                WriteSmall(writer, bytes.Span);
                continue;
            }

            WriteHeader(writer, '$', bytes.Length);
            await writer.WriteAsync(bytes, cancellationToken);
            EndLine(writer);
        }
    }

    private static void WriteSmall(PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        WriteHeader(writer, '$', bytes.Length);
        var span = writer.GetSpan(bytes.Length + 2);
        bytes.CopyTo(span);
        writer.Advance(bytes.Length);
        EndLine(writer);
    }

    private static void WriteHeader(PipeWriter writer, char type, int number)
    {
        var span = writer.GetSpan(LongestHeader);
        span[0] = (byte)type;
        Utf8Formatter.TryFormat(number, span[1..], out var written);
        writer.Advance(written + 1);
        EndLine(writer);
    }

    private static void EndLine(PipeWriter writer)
    {
        "\r\n"u8.CopyTo(writer.GetSpan(2));
        writer.Advance(2);
    }
}
