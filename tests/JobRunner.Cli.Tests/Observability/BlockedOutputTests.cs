using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using JobRunner.Cli.Tests.Docs;

namespace JobRunner.Cli.Tests.Observability;

/// <summary>A host whose standard output nobody reads.</summary>
public sealed class BlockedOutputTests : IDisposable
{
    private const int Calls = 100;

    private const string Job = """
        using Microsoft.Extensions.Logging;

        public class Job(ILogger<Job> logger)
        {
            private static readonly string Long = new('x', 1000);

            public int Perform(int lines)
            {
                for (var line = 0; line < lines; line++)
                    logger.LogInformation("{Line} {Text}", line, Long);
                return lines;
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_answers_every_call_counts_what_it_drops_and_ends_when_told_to()
    {
        _folder.Write("Job.cs", Job);
        var port = DocumentedCommands.FreePort();
        using var host = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "JobRunner.Cli.dll"), "run", _folder["Job.cs"], "--host", "127.0.0.1", "--port", $"{port}"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = _folder.Path,
        })!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await Eventually.IsTrueAsync(() => IsReadyAsync(client));

            for (var call = 0; call < Calls; call++)
            {
                using var answer = await client.PostAsJsonAsync("/api/v1/perform", new { lines = 200 });
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            }

            DroppedOf(await client.GetStringAsync("/metrics")).ShouldBeGreaterThan(1000);
            using var kill = Process.Start("kill", ["-INT", $"{host.Id}"]);
            await host.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            host.ExitCode.ShouldBe(0);
        }
        finally
        {
            if (!host.HasExited)
                host.Kill();
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync("/ready");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static double DroppedOf(string metrics) => double.Parse(
        metrics.Split('\n').Single(line => line.StartsWith("jobrunner_log_lines_dropped_total ", StringComparison.Ordinal)).Split(' ')[1],
        CultureInfo.InvariantCulture);
}
