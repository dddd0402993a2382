using System.Security.Cryptography;
using System.Text;

namespace JobRunner.Nats.Tasks;

/// <summary>The keys of the bucket. Ids and names may have any characters, keys may not.</summary>
internal static class TaskKeys
{
    public const string RecordPrefix = "t.";
    public const string EventPrefix = "e.";
    public const string PausePrefix = "q.";
    public const string PayloadPrefix = "p.";
    public const string ResultPrefix = "r.";
    public const string IdempotencyPrefix = "k.";

    public static string Record(string id) => RecordPrefix + Word(id);

    public static string Payload(string id) => PayloadPrefix + Word(id);

    /// <summary>Whoever loses the race to change a record has written its result where nobody looks.</summary>
    public static string NewResult(string id) => $"{ResultPrefix}{Word(id)}.{Guid.NewGuid():N}";

    public static string NewEvent(string id) => $"{EventPrefix}{Word(id)}.{Guid.NewGuid():N}";

    public static string Pause(string queue) => PausePrefix + Word(queue);

    public static string Idempotency(NewTask task)
    {
        var scope = $"{task.Caller}\n{task.Queue}\n{task.Endpoint}\n{task.IdempotencyKey}";
        return IdempotencyPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(scope)));
    }

    /// <summary>An id or a name as one part of a key.</summary>
    public static string Word(string text)
    {
        var isPlain = text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
        return isPlain ? text : "=" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The word of a key that begins with a prefix and perhaps goes on.</summary>
    public static string WordOf(string key)
    {
        var start = key.IndexOf('.', StringComparison.Ordinal) + 1;
        var end = key.IndexOf('.', start);
        return end < 0 ? key[start..] : key[start..end];
    }
}
