using System.Diagnostics;
using System.Net;
using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Queues;

/// <summary><c>jobrunner work --workers N</c>.</summary>
public sealed class WorkerProcessTests : IDisposable
{
    private static readonly string Primer = Path.Combine(AppContext.BaseDirectory, "Primer.dll");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Their_parent_serves_probes_starts_again_what_dies_and_stops_them_all()
    {
        var port = DocumentedCommands.FreePort();
        await using var parent = JobRunnerProcess.Start(
            ["work", Primer, "--queue", "sqlite:tasks.db?queue=jobs", "--workers", "2", "--port", $"{port}", "--host", "127.0.0.1"],
            _folder.Path);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Eventually.IsTrueAsync(() => IsReadyAsync(client));
        var first = Children(parent.Id);
        first.Length.ShouldBe(2);

        using (var victim = Process.GetProcessById(first[0]))
            victim.Kill();
        await Eventually.IsTrueAsync(async () => Children(parent.Id) is { Length: 2 } now && !now.Contains(first[0]) && await IsReadyAsync(client));
        var last = Children(parent.Id);

        (await parent.TerminateAsync()).ShouldBe(0);
        parent.Error.ShouldContain("A worker process ended with exit code 137; another one is started.");
        last.ShouldAllBe(id => !Directory.Exists($"/proc/{id}"));
    }

    private static int[] Children(int parent) =>
        [.. Directory.GetDirectories($"/proc/{parent}/task")
            .SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(int.Parse)
            .Order()];

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync("/ready");
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
