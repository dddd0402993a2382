using System.Diagnostics;
using System.Text.Json;
using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Observability;

/// <summary>A real Prometheus that scrapes one host.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client;

    private PrometheusServer(Process process, HttpClient client) => (_process, _client) = (process, client);

    public static PrometheusServer Start(TemporaryFolder folder, Uri target)
    {
        folder.Write("prometheus.yml", $"""
            global:
              scrape_interval: 500ms
            scrape_configs:
              - job_name: primer
                static_configs:
                  - targets: ['{target.Authority}']
            """);
        var address = $"127.0.0.1:{DocumentedCommands.FreePort()}";
        var process = Process.Start(new ProcessStartInfo("prometheus",
        [
            $"--config.file={folder["prometheus.yml"]}", $"--storage.tsdb.path={folder["data"]}",
            $"--web.listen-address={address}", "--log.level=error",
        ])
        { UseShellExecute = false })!;
        return new PrometheusServer(process, new HttpClient { BaseAddress = new Uri($"http://{address}") });
    }

    /// <summary>Runs a query; empty while the server is not up.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string query)
    {
        try
        {
            using var response = await _client.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
            if (response.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable)
                return [];
            var answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            answer.GetProperty("status").GetString().ShouldBe("success", query);
            return [.. answer.GetProperty("data").GetProperty("result").EnumerateArray()];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
