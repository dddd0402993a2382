namespace JobRunner.Cli.Loading;

/// <summary>
/// The <c>#:</c> lines at the top of a C# file (<c>#:package</c>, <c>#:sdk</c>, <c>#:property</c>, <c>#:project</c>),
/// which ask for the SDK. They stand before the first token; between them may be blank lines, comments and <c>#!</c>.
/// </summary>
internal sealed class FileDirectives
{
    private FileDirectives(IReadOnlyList<string> lines) => Lines = lines;

    /// <summary>What follows <c>#:</c> on each line.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>Whether the SDK is needed.</summary>
    public bool Any => Lines.Count > 0;

    /// <summary>
    /// Whether this file's own text decides the result. It does not when the file draws in others, which change
    /// without it.
    /// </summary>
    public bool AreSelfContained => Lines.All(line =>
        line.StartsWith("package", StringComparison.Ordinal)
        || line.StartsWith("property", StringComparison.Ordinal)
        || line.StartsWith("sdk", StringComparison.Ordinal));

    /// <summary>Reads the directives of a C# source text.</summary>
    public static FileDirectives Of(string source)
    {
        List<string> found = [];
        using var reader = new StringReader(source);
        var inComment = false;
        while (reader.ReadLine() is { } line)
        {
            var rest = line.Trim().TrimStart('\uFEFF');
            if (!SkipBlockComments(ref rest, ref inComment))
                continue;
            if (rest.StartsWith("#:", StringComparison.Ordinal))
                found.Add(rest[2..].Trim());
            else if (rest.Length > 0 && !rest.StartsWith("//", StringComparison.Ordinal) && !rest.StartsWith('#'))
                break;
        }

        return new FileDirectives(found);
    }

    // False when the line ends inside a comment.
    private static bool SkipBlockComments(ref string rest, ref bool inComment)
    {
        while (inComment || rest.StartsWith("/*", StringComparison.Ordinal))
        {
            var end = rest.IndexOf("*/", inComment ? 0 : 2, StringComparison.Ordinal);
            inComment = end < 0;
            if (inComment)
                return false;
            rest = rest[(end + 2)..].Trim();
        }

        return true;
    }
}
