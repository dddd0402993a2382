using System.Net.Http.Json;
using System.Text.Json;

namespace JobRunner.Cli.Tests.Observability;

public sealed class PrometheusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_panel_of_the_dashboard_shows_data_of_a_live_host()
    {
        await using var served = await ServedFile.StartAsync(Path.Combine(Sources.Root, "samples", "Primer", "Job.cs"));
        await using var prometheus = PrometheusServer.Start(_folder, served.Client.BaseAddress!);

        foreach (var query in Queries())
        {
            await Eventually.IsTrueAsync(async () =>
            {
                using var good = await served.Client.PostAsJsonAsync("/api/v1/perform", new { number = 7907 });
                using var bad = await served.Client.PostAsJsonAsync("/api/v1/perform", new { });
                return await HasDataAsync(prometheus, query);
            });
        }
    }

    private static async Task<bool> HasDataAsync(PrometheusServer prometheus, string query)
    {
        var series = await prometheus.QueryAsync(query);
        return series.Any(one => one.GetProperty("value")[1].GetString() is { } value && value != "NaN");
    }

    // The panels of queues have data where there are queues.
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
                var query = target.GetProperty("expr").GetString()!
                    .Replace("$__rate_interval", "10s", StringComparison.Ordinal)
                    .Replace("$job", ".*", StringComparison.Ordinal)
                    .Replace("$instance", ".*", StringComparison.Ordinal);
                if (!query.Contains("jobrunner_queue_", StringComparison.Ordinal)
                    && !query.Contains("jobrunner_task_", StringComparison.Ordinal))
                    yield return query;
            }
        }
    }
}
