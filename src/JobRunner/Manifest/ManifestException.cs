namespace JobRunner;

/// <summary>
/// A manifest that cannot be used. The message is one sentence for the person who wrote the manifest: it names the
/// file, the key, its value, the rule that the value breaks, line and column. It never carries a password or the
/// value of an environment variable.
/// </summary>
public sealed class ManifestException : Exception
{
    /// <summary>Creates the exception with a finished sentence.</summary>
    public ManifestException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The file, variable or option that the value came from; null where there is none.</summary>
    public string? SourceFile { get; init; }

    /// <summary>The full key, such as <c>jobtype_extra.queues[0].format</c>; null for errors of the YAML itself.</summary>
    public string? Key { get; init; }

    /// <summary>The line, counted from 1; 0 where there is none.</summary>
    public long Line { get; init; }

    /// <summary>The column, counted from 1; 0 where there is none.</summary>
    public long Column { get; init; }
}
