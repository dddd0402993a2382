namespace JobRunner.Cli.Loading;

/// <summary>How a message about a place in a source file is written: <c>file:line: message</c>.</summary>
internal static class SourcePosition
{
    /// <summary>Writes a message about a line of a file.</summary>
    /// <param name="path">Full path of the file; shown relative to the current directory where it lies below it.</param>
    /// <param name="line">The line, counted from one.</param>
    /// <param name="message">What is wrong there.</param>
    public static string Describe(string path, int line, string message) => $"{Shown(path)}:{line}: {message}";

    private static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
