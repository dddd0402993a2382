using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using JobRunner.Jobs.Json;

namespace JobRunner.Execution;

/// <summary>What is wrong with a payload before anything is bound.</summary>
/// <param name="Message">One sentence for the caller, with the position.</param>
/// <param name="Kind">Machine-readable kind, as existing clients know it.</param>
/// <param name="Position">Offset in bytes; null where the whole is meant.</param>
internal sealed record PayloadProblem(string Message, string Kind, long? Position);

/// <summary>Checks that bytes are one JSON object, well-formed to the end, before they become a call.</summary>
internal static class PayloadCheck
{
    public static ReadOnlyMemory<byte> EmptyObject { get; } = "{}"u8.ToArray();

    /// <summary>Finds the first problem of a payload; null where there is none.</summary>
    public static PayloadProblem? Find(in ReadOnlySequence<byte> payload)
    {
        var reader = new Utf8JsonReader(payload, JobJson.ReaderOptions);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return new PayloadProblem("the payload must be a JSON object of arguments", "dict_type", null);
            while (reader.Read())
            {
                // Half a surrogate pair is no text that a job could keep, compare or answer with.
                if (reader.ValueIsEscaped)
                    reader.GetString();
            }
        }
        catch (InvalidOperationException)
        {
            return new PayloadProblem(
                $"the payload holds an escape that is no valid Unicode text before byte {reader.BytesConsumed}", "json_invalid", reader.BytesConsumed);
        }
        catch (JsonException exception)
        {
            return new PayloadProblem(
                $"the payload is no valid JSON at byte {reader.BytesConsumed}: {Reason(exception)}", "json_invalid", reader.BytesConsumed);
        }

        return IsUtf8(payload)
            ? null
            : new PayloadProblem("the payload is no valid UTF-8 text", "json_invalid", null);
    }

    /// <summary>Whether a payload is the literal null or nothing, which stand for the example.</summary>
    public static bool IsAbsent(in ReadOnlySequence<byte> payload)
    {
        if (payload.Length > 64)
            return false;
        Span<byte> bytes = stackalloc byte[64];
        payload.CopyTo(bytes);
        var text = bytes[..(int)payload.Length].Trim(" \t\r\n"u8);
        return text.IsEmpty || text.SequenceEqual("null"u8);
    }

    private static string Reason(JsonException exception)
    {
        var end = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? exception.Message : exception.Message[..end];
    }

    private static bool IsUtf8(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsSingleSegment)
            return Utf8.IsValid(payload.FirstSpan);
        var decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
        try
        {
            foreach (var segment in payload)
            {
                // Counting advances no state, so a sequence that spans two segments needs real decoding.
                var chars = ArrayPool<char>.Shared.Rent(segment.Length + 2);
                decoder.GetChars(segment.Span, chars, flush: false);
                ArrayPool<char>.Shared.Return(chars);
            }

            decoder.GetChars([], new char[2], flush: true);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
