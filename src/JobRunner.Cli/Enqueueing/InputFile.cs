namespace JobRunner.Cli.Enqueueing;

/// <summary>Files that a command line names.</summary>
internal static class InputFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="advice">What to give instead.</param>
    /// <exception cref="UsageException">It is not there, or cannot be read.</exception>
    public static FileStream Open(string path, string advice)
    {
        if (Directory.Exists(path))
            throw new UsageException($"'{path}' is a folder; {advice}.");
        try
        {
            return new FileStream(path, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"There is no file '{path}'; {advice}.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"The file '{path}' cannot be read: {exception.Message}", exception);
        }
    }
}
