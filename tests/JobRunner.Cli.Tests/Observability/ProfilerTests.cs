using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace JobRunner.Cli.Tests.Observability;

/// <summary>The profiler of a served sample that leaks on purpose.</summary>
public sealed class ProfilerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_method_that_leaks_stands_at_the_top_of_stats_and_flame_graph()
    {
        await using var served = await ServedFile.StartAsync(
            Path.Combine(Sources.Root, "samples", "MemoryLeak", "Job.cs"),
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["MEMORY_PROFILER"] = "true" });

        await PostAsync(served.Client, "/api/v1/profiler/memory/start", content: null);
        for (var call = 0; call < 200; call++)
            await PostAsync(served.Client, "/api/v1/perform", new { kibibytes = 64 });
        await PostAsync(served.Client, "/api/v1/profiler/memory/stop", content: null);

        var stats = await served.Client.GetStringAsync("/api/v1/profiler/memory/stats");
        var held = stats.Split("Still held at the end")[1].Split("Allocated in all")[0];
        held.Split('\n').First(line => line.Contains('%', StringComparison.Ordinal)).ShouldContain(" Hoarder.");

        var page = _folder.Write("flamegraph.html", await served.Client.GetStringAsync("/api/v1/profiler/memory/flamegraph"));
        (await RenderAsync(page)).ShouldContain("Hoarder.");
    }

    [Fact]
    public async Task Without_being_asked_for_there_is_no_profiler()
    {
        await using var served = await ServedFile.StartAsync(Path.Combine(Sources.Root, "samples", "MemoryLeak", "Job.cs"));

        using var response = await served.Client.GetAsync("/api/v1/profiler/memory/stats");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task PostAsync(HttpClient client, string path, object? content)
    {
        using var body = content is null ? null : JsonContent.Create(content);
        using var response = await client.PostAsync(path, body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    // What a real browser makes of the page, its scripts run.
    private async Task<string> RenderAsync(string page)
    {
        using var chromium = Process.Start(new ProcessStartInfo("chromium",
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            $"--user-data-dir={_folder["chromium"]}", "--virtual-time-budget=5000", "--dump-dom", new Uri(page).AbsoluteUri,
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        _ = chromium.StandardError.ReadToEndAsync();
        var document = await chromium.StandardOutput.ReadToEndAsync();
        await chromium.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        var scriptless = System.Text.RegularExpressions.Regex.Replace(
            document, "<script.*?</script>", string.Empty, System.Text.RegularExpressions.RegexOptions.Singleline, TimeSpan.FromSeconds(5));
        return scriptless;
    }
}
