namespace JobRunner.Nats.Protocol;

/// <summary>What may stand in a protocol line: a blank or a line break there would be a command of somebody else's.</summary>
internal static class Subjects
{
    /// <summary>A subject that can be published to.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void CheckConcrete(string subject)
    {
        CheckPattern(subject);
        foreach (var token in subject.AsSpan().Split('.'))
        {
            if (subject.AsSpan(token) is "*" or ">")
                throw new ArgumentException($"The subject \"{subject}\" has a wildcard, which only subscriptions may have.", nameof(subject));
        }
    }

    /// <summary>A subject that can be subscribed to, wildcards included.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void CheckPattern(string subject)
    {
        CheckWord(subject);
        if (subject[0] == '.' || subject[^1] == '.' || subject.Contains("..", StringComparison.Ordinal))
            throw new ArgumentException($"The subject \"{subject}\" has an empty part between its dots.", nameof(subject));
    }

    /// <summary>A queue group, or any other word of a line.</summary>
    /// <exception cref="ArgumentException">It is empty or has blanks or control characters.</exception>
    public static void CheckWord(string word)
    {
        if (word.Length == 0 || word.Any(c => c <= ' ' || c == 127))
            throw new ArgumentException("A subject or group is empty, or has a blank or a control character.", nameof(word));
    }
}
