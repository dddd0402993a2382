using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using JobRunner.Execution;

namespace JobRunner.Cli.Enqueueing;

/// <summary>Reads one payload for each line of a file, while the file is read: its size does not matter.</summary>
internal static class PayloadLines
{
    private const string StandardInput = "-";
    private const int BufferSize = 64 * 1024;

    /// <summary>Longest line in bytes; no queue takes as much.</summary>
    private const int MaxLine = 512 * 1024 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    /// <summary>Opens a file, or standard input.</summary>
    /// <exception cref="UsageException">It cannot be opened.</exception>
    public static TasksToPut Open(string file)
    {
        if (file == StandardInput)
            return new TasksToPut(stop => ReadAsync(Console.OpenStandardInput(), "standard input", stop), Size: null);
        var stream = InputFile.Open(file, "give a file with one JSON object of arguments a line, or - for standard input");
        return new TasksToPut(stop => ReadAsync(stream, file, stop), stream.CanSeek ? stream.Length : null);
    }

    /// <summary>One payload for each line that is not blank.</summary>
    /// <exception cref="FormatException">A line is no JSON object; its number is in the message.</exception>
    public static async IAsyncEnumerable<TaskToPut> ReadAsync(
        Stream stream, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferSize));
        var (number, scanned) = (0L, 0L);
        for (var isOver = false; !isOver;)
        {
            // A terminal that waits for somebody to type knows no token.
            var read = await reader.ReadAsync(CancellationToken.None).AsTask().WaitAsync(cancellationToken);
            var rest = read.Buffer;
            isOver = read.IsCompleted;
            while (TakeLine(ref rest, scanned, isOver) is { } line)
            {
                number++;
                scanned = 0;
                var size = line.Length + 1;
                if (number == 1 && line.AsSpan().StartsWith(ByteOrderMark))
                    line = line[ByteOrderMark.Length..];
                if (line is [.., (byte)'\r'])
                    line = line[..^1];
                if (!line.AsSpan().Trim(" \t"u8).IsEmpty)
                    yield return new TaskToPut(Checked(line, number, name), $"Line {number} of {name}", size);
            }

            if (rest.Length > MaxLine)
                throw new FormatException($"Line {number + 1} of {name} is longer than {MaxLine} bytes");
            scanned = rest.Length;
            reader.AdvanceTo(rest.Start, rest.End);
        }

        await reader.CompleteAsync();
    }

    private static byte[]? TakeLine(ref ReadOnlySequence<byte> rest, long scanned, bool isOver)
    {
        if (rest.Slice(scanned).PositionOf((byte)'\n') is { } end)
        {
            var line = rest.Slice(0, end).ToArray();
            rest = rest.Slice(rest.GetPosition(1, end));
            return line;
        }

        if (!isOver || rest.IsEmpty)
            return null;
        var last = rest.ToArray();
        rest = rest.Slice(rest.End);
        return last;
    }

    private static ReadOnlyMemory<byte> Checked(byte[] line, long number, string name) =>
        PayloadCheck.Find(new ReadOnlySequence<byte>(line)) is { } problem
            ? throw new FormatException($"Line {number} of {name}: {problem.Message}")
            : line;
}
