namespace JobRunner.Tasks.Embedded;

/// <summary>Shows other processes that this one lives, by a file lock that the kernel drops with the process: leases of
/// a killed worker need not run out. It holds across containers that share the folder, where process ids do not.</summary>
internal sealed class OwnerLock : IDisposable
{
    // Where the file system has no locks, nobody can tell the living from the dead, and leases run out by time.
    private const string Unlocked = "unlocked-";

    private readonly string _folder;
    private readonly FileStream? _file;

    private OwnerLock(string folder, string owner, FileStream? file)
    {
        _folder = folder;
        Owner = owner;
        _file = file;
    }

    /// <summary>Name of this process as an owner of leases.</summary>
    public string Owner { get; }

    public static OwnerLock Take(string databasePath)
    {
        var folder = databasePath + "-owners";
        var owner = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, owner);
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        if (!TryOpen(path))
            return new OwnerLock(folder, owner, file);
        file.Dispose();
        File.Delete(path);
        return new OwnerLock(folder, Unlocked + owner, file: null);
    }

    /// <summary>Whether an owner's process has ended for certain.</summary>
    public bool IsGone(string owner)
    {
        if (owner == Owner || owner.StartsWith(Unlocked, StringComparison.Ordinal))
            return false;
        var path = Path.Combine(_folder, Path.GetFileName(owner));
        return !File.Exists(path) || TryOpen(path);
    }

    /// <summary>Removes the files of owners that are gone.</summary>
    public void RemoveGone()
    {
        foreach (var path in Directory.EnumerateFiles(_folder))
        {
            if (IsGone(Path.GetFileName(path)))
                File.Delete(path);
        }
    }

    public void Dispose()
    {
        if (_file is null)
            return;
        try
        {
            File.Delete(_file.Name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody removed the folder or took it away; the lock ends with the handle all the same.
        }

        _file.Dispose();
    }

    private static bool TryOpen(string path)
    {
        try
        {
            using var probe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
