using System.Net.Http.Json;
using System.Text.Json;

namespace JobRunner.Cli.Tests.Observability;

/// <summary>The dashboard, asked panel by panel of a real Prometheus that scrapes a host with calls, a queue and tasks.</summary>
public sealed class PrometheusTests : IDisposable
{
    private const int Waiting = 500;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_panel_of_the_dashboard_shows_data_of_a_live_host()
    {
        var queue = $"sqlite:{_folder["queue.db"]}?queue=jobs&max_concurrency=1";
        await FillAsync(queue);
        await using var served = await ServedFile.StartAsync(
            ["run", Path.Combine(Sources.Root, "samples", "Blocking", "Job.cs"), "--queue", queue], _folder.Path);
        await using var prometheus = PrometheusServer.Start(_folder, served.Client.BaseAddress!);
        var queries = Queries().ToList();

        foreach (var query in queries)
        {
            var last = "nothing";
            await Eventually.IsTrueAsync(
                async () =>
                {
                    await CallAsync(served.Client);
                    var series = await prometheus.QueryAsync(query);
                    last = $"{query}: {JsonSerializer.Serialize(series)}";
                    return HasData(query, series);
                },
                () => last);
        }

        queries.Count.ShouldBeGreaterThan(25);
    }

    // More than is worked off while the test runs, so that something always waits.
    private static async Task FillAsync(string queue)
    {
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(queue);
        for (var number = 0; number < Waiting; number++)
            await client.PutAsync("/perform", new { seconds = 0.5 });
    }

    private static async Task CallAsync(HttpClient client)
    {
        using var good = await client.PostAsJsonAsync("/api/v1/perform", new { seconds = 0.01 });
        using var bad = await client.PostAsJsonAsync("/api/v1/perform", new { });
        using var later = new HttpRequestMessage(HttpMethod.Post, "/api/v1/perform")
        {
            Content = JsonContent.Create(new { seconds = 0.01 }),
            Headers = { { "Prefer", "respond-async" } },
        };
        using var accepted = await client.SendAsync(later);
        accepted.StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted);
    }

    // What is told apart by queue must tell of the queue and of the tasks; only the queue has anything waiting for long.
    private static bool HasData(string query, IReadOnlyList<JsonElement> series)
    {
        var shown = series.Where(one => one.GetProperty("value")[1].GetString() is { } value && value != "NaN").ToList();
        if (!query.Contains("by (queue", StringComparison.Ordinal))
            return shown.Count > 0;
        var queues = shown.Select(one => one.GetProperty("metric").GetProperty("queue").GetString()).ToHashSet(StringComparer.Ordinal);
        return queues.Contains("jobs") && (queues.Contains("tasks") || query.Contains("oldest", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Sources.Root, "docs", "observability", "dashboard.json")));
        foreach (var panel in dashboard.RootElement.Clone().GetProperty("panels").EnumerateArray())
        {
            if (!panel.TryGetProperty("targets", out var targets))
                continue;
            foreach (var target in targets.EnumerateArray())
            {
                yield return target.GetProperty("expr").GetString()!
                    .Replace("$__rate_interval", "20s", StringComparison.Ordinal)
                    .Replace("$job", ".*", StringComparison.Ordinal)
                    .Replace("$instance", ".*", StringComparison.Ordinal);
            }
        }
    }
}
