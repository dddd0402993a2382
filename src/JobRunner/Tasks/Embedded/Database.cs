using Microsoft.Data.Sqlite;

namespace JobRunner.Tasks.Embedded;

/// <summary>Where the tables are: a file, or this process's memory.</summary>
internal sealed class Database
{
    private const int BusyMilliseconds = 15_000;

    private readonly string _connectionString;

    private Database(string? path)
    {
        Path = path;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path ?? ":memory:",
            Pooling = path is not null,
            DefaultTimeout = BusyMilliseconds / 1000,
        }.ToString();
    }

    /// <summary>The file; null for memory.</summary>
    public string? Path { get; }

    public static Database InMemory() => new(path: null);

    public static Database InFile(string path) => new(path);

    /// <summary>Opens the one connection that writes, and brings the tables up to date.</summary>
    public SqliteConnection OpenWriter()
    {
        if (Path is not null)
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        var connection = Open();
        try
        {
            connection.Execute("PRAGMA journal_mode = WAL");

            // Accepted means on disk: the log is synced at every commit, and commits are shared.
            connection.Execute("PRAGMA synchronous = FULL");
            Schema.Migrate(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();

            // SQLite's own waiting is finer than the provider's.
            connection.Execute($"PRAGMA busy_timeout = {BusyMilliseconds}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Close()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>Says what a failure means to the operator.</summary>
    public TaskStoreException Explain(Exception exception)
    {
        var place = Path ?? "memory";
        return exception switch
        {
            TaskStoreException known => known,
            SqliteException { SqliteErrorCode: 13 } =>
                new TaskStoreException($"the disk of {place} is full; nothing was stored", exception),
            SqliteException { SqliteErrorCode: 8 or 14 or 23 } or UnauthorizedAccessException =>
                new TaskStoreException($"the task store {place} cannot be written: {Reason(exception)}{Advice}", exception),
            SqliteException { SqliteErrorCode: 5 or 6 } =>
                new TaskStoreException($"the task store {place} is locked by another process", exception),
            SqliteException { SqliteErrorCode: 1 } =>
                new TaskStoreException($"{place} is no task store of this release: {Reason(exception)}", exception),
            SqliteException { SqliteErrorCode: 11 or 26 } =>
                new TaskStoreException($"the task store {place} is damaged: {Reason(exception)}", exception),
            IOException when (exception.HResult & 0xFFFF) == 28 =>
                new TaskStoreException($"the disk of {place} is full; nothing was stored", exception),
            _ => new TaskStoreException($"the task store {place} cannot be used: {Reason(exception)}{Advice}", exception),
        };
    }

    private static string Advice => $"; name a file that can be written, or set {DataFolder.Variable} to such a folder";

    // Names of helper files are no help, and another one at each try would be told anew.
    private static string Reason(Exception exception)
    {
        var end = exception is IOException ? exception.Message.IndexOf(" : '", StringComparison.Ordinal) : -1;
        return (end < 0 ? exception.Message : exception.Message[..end]).TrimEnd('.');
    }
}
