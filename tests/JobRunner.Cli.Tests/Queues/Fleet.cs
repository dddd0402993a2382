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
    private readonly SemaphoreSlim _oneByOne = new(1, 1);
    private readonly CancellationTokenSource _enough = new();
    private Task _killing = Task.CompletedTask;
    private bool _isFirstSpared;

    /// <param name="folder">Where the workers run.</param>
    /// <param name="url">What they work on.</param>
    /// <param name="milliseconds">How long a call takes on the average.</param>
    /// <param name="port">Where the first one serves its probes; null: nowhere.</param>
    public Fleet(TemporaryFolder folder, string url, int milliseconds, int? port = null)
    {
        (_folder, _url, _firstPort) = (folder, url, port ?? 0);
        folder.WriteJob(Job
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

    /// <summary>Leaves the first one alone, or not any more.</summary>
    public async Task SpareFirstAsync(bool isSpared)
    {
        await _oneByOne.WaitAsync();
        _isFirstSpared = isSpared;
        _oneByOne.Release();
    }

    /// <summary>Kills the worker whose turn it is, and starts another one in its place.</summary>
    public async Task KillNextAsync()
    {
        await _oneByOne.WaitAsync();
        try
        {
            var victim = Kills++ % Workers;
            if (victim == 0 && _isFirstSpared)
                victim = 1;
            await _workers[victim].DisposeAsync();
            _workers[victim] = Start(victim);
        }
        finally
        {
            _oneByOne.Release();
        }
    }

    /// <summary>Kills one each second, as long as work goes on.</summary>
    public void BeginToKill() => _killing = KillEachSecondAsync(_enough.Token);

    public async Task EndToKillAsync()
    {
        await _enough.CancelAsync();
        await _killing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await EndToKillAsync();
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        _enough.Dispose();
        _oneByOne.Dispose();
    }

    // The clock belongs to what is done to the workers, not to what is expected of them.
    private async Task KillEachSecondAsync(CancellationToken cancellationToken)
    {
        using var seconds = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var last = 0;
        while (await seconds.WaitForNextTickAsync(cancellationToken))
        {
            // Workers that are killed before they have begun show nothing.
            var now = Runs.Count;
            if (now - last < Places)
                continue;
            last = now;
            await KillNextAsync();
        }
    }

    private JobRunnerProcess Start(int number) => JobRunnerProcess.Start(
        [
            "work", _folder["Job.dll"], "--queue", _url, "--concurrency", $"{Places}",
            .. number == 0 && _firstPort > 0 ? (string[])["--port", $"{_firstPort}", "--host", "127.0.0.1"] : [],
        ],
        _folder.Path,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["LOG_LEVEL"] = "info" });
}
