using System.Globalization;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Worker processes that work on one queue and are killed in turn.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    public const int Workers = 4;

    /// <summary>Calls at once in each.</summary>
    public const int Places = 8;

    private const string Job = """
        public class Job
        {
            public async Task<int> Perform(int number)
            {
                await Task.Delay(SHORTEST + number % 10 * STEP);
                File.Create($"runs/{number}.{Guid.NewGuid():N}").Dispose();
                return number;
            }
        }
        """;

    private readonly TemporaryFolder _folder;
    private readonly string _url;
    private readonly int _firstPort;
    private readonly List<JobRunnerProcess> _workers = [];

    /// <param name="folder">Where the workers run.</param>
    /// <param name="url">What they work on.</param>
    /// <param name="milliseconds">How long a call takes on the average.</param>
    /// <param name="port">Where the first one serves its probes; null: nowhere.</param>
    public Fleet(TemporaryFolder folder, string url, int milliseconds, int? port = null)
    {
        (_folder, _url, _firstPort) = (folder, url, port ?? 0);
        folder.Write("Job.cs", Job
            .Replace("SHORTEST", $"{milliseconds / 10}", StringComparison.Ordinal)
            .Replace("STEP", $"{milliseconds / 5}", StringComparison.Ordinal));
        Directory.CreateDirectory(folder["runs"]);
        for (var number = 0; number < Workers; number++)
            _workers.Add(Start(number));
    }

    public int Kills { get; private set; }

    /// <summary>The number of every call that has ended, as often as it has.</summary>
    // One file for each run: processes that append to one file would write over each other.
    public IReadOnlyList<int> Runs =>
        [.. Directory.EnumerateFiles(_folder["runs"]).Select(path => int.Parse(Path.GetFileName(path).Split('.')[0], CultureInfo.InvariantCulture))];

    public JobRunnerProcess First => _workers[0];

    /// <summary>Kills the worker whose turn it is, and starts another one in its place.</summary>
    /// <param name="spare">Leave the first one alone.</param>
    public async Task KillNextAsync(bool spare = false)
    {
        var victim = Kills++ % Workers;
        if (spare && victim == 0)
            victim = 1;
        await _workers[victim].DisposeAsync();
        _workers[victim] = Start(victim);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
    }

    private JobRunnerProcess Start(int number) => JobRunnerProcess.Start(
        [
            "work", _folder["Job.cs"], "--queue", _url, "--concurrency", $"{Places}",
            .. number == 0 && _firstPort > 0 ? (string[])["--port", $"{_firstPort}", "--host", "127.0.0.1"] : [],
        ],
        _folder.Path,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["LOG_LEVEL"] = "warn" });
}
