using Microsoft.AspNetCore.StaticFiles;

namespace JobRunner.Http;

/// <summary>A folder whose files are served, and nothing outside it: no parent, no absolute path, no link that leads
/// away.</summary>
internal sealed class StaticFolder
{
    public const string UnknownMediaType = "text/plain";

    private static readonly FileExtensionContentTypeProvider MediaTypes = new();

    private readonly string _root;

    /// <param name="path">An existing folder.</param>
    public StaticFolder(string path) => _root = RealPath(Path.GetFullPath(path)) ?? Path.GetFullPath(path);

    /// <summary>Media type by extension; null where it is unknown.</summary>
    public static string? MediaTypeOf(string path) => MediaTypes.TryGetContentType(path, out var type) ? type : null;

    /// <summary>Opens a file below the folder.</summary>
    /// <param name="relative">Path with forward slashes, decoded once.</param>
    /// <returns>The open file; null where there is none that may be read.</returns>
    public FileStream? Open(string relative)
    {
        var path = _root;
        foreach (var segment in relative.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment is "." or ".." || segment.AsSpan().IndexOfAny('\0', '\\') >= 0
                || (OperatingSystem.IsWindows() && segment.Contains(':', StringComparison.Ordinal)))
                return null;
            path = Path.Combine(path, segment);
        }

        try
        {
            if (Directory.Exists(path))
                path = Path.Combine(path, "index.html");
            return RealPath(path) is { } real && IsInside(real) ? OpenVerified(real) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Paths of files below the folder, at most <paramref name="most"/>.</summary>
    public IEnumerable<string> Files(int most) => Directory
        .EnumerateFiles(_root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true })
        .Take(most);

    private FileStream? OpenVerified(string path)
    {
        // A pipe or a device would block or never end.
        if (!IsRegular(path))
            return null;
        var stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.Asynchronous | FileOptions.SequentialScan);

        // A link may have been put in place since the path was looked at; what is open now cannot change any more.
        var handle = $"/proc/self/fd/{stream.SafeFileHandle.DangerousGetHandle()}";
        if (!OperatingSystem.IsLinux() || File.ResolveLinkTarget(handle, returnFinalTarget: false)?.FullName is not { } opened || IsInside(opened))
            return stream;
        stream.Dispose();
        return null;
    }

    private bool IsInside(string path) =>
        path.StartsWith(_root.EndsWith(Path.DirectorySeparatorChar) ? _root : _root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static bool IsRegular(string path)
    {
        const FileAttributes others = FileAttributes.Device | FileAttributes.Directory | FileAttributes.ReparsePoint;
        return new FileInfo(path) is { Exists: true } info && (info.Attributes & others) == FileAttributes.None;
    }

    /// <summary>The path with every link in it resolved; null where there is nothing.</summary>
    private static string? RealPath(string path)
    {
        var pending = new Stack<string>(path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        var real = Path.GetPathRoot(path)!;
        for (var links = 0; pending.TryPop(out var segment);)
        {
            if (segment == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, segment);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (!info.Exists)
                return null;
            if (info.LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > 40)
                return null;
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(target)!;
            foreach (var part in target.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                if (part != ".")
                    pending.Push(part);
            }
        }

        return real;
    }
}
