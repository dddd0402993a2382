using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Execution;

[Collection(nameof(Processes))]
public sealed class BlockingJobTests
{
    /// <summary>The bound is the requirement itself.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Probes_and_metrics_answer_within_a_second_while_1000_synchronous_calls_block()
    {
        await using var host = await HostProcess.StartAsync(nameof(Sleeper));
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 2000 };
        using var caller = new HttpClient(handler) { BaseAddress = host.Address, Timeout = TimeSpan.FromMinutes(2) };
        using var prober = new HttpClient { BaseAddress = host.Address };
        await prober.GetStringAsync("/metrics");
        var calls = Enumerable.Range(0, 1000).Select(_ => caller.PostAsJsonAsync("/api/v1/perform", new { seconds = 10 })).ToList();
        var all = Task.WhenAll(calls);
        var (mostInFlight, slowest) = (0, TimeSpan.Zero);

        while (!all.IsCompleted)
        {
            foreach (var path in (string[])["/live", "/ready", "/metrics"])
            {
                var started = Stopwatch.GetTimestamp();
                var answer = await prober.GetStringAsync(path);
                var elapsed = Stopwatch.GetElapsedTime(started);
                slowest = elapsed > slowest ? elapsed : slowest;
                if (path == "/metrics")
                    mostInFlight = Math.Max(mostInFlight, InFlight(answer));
            }

            await Task.WhenAny(all, Task.Delay(50));
        }

        (await all).ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        mostInFlight.ShouldBe(1000);
        slowest.ShouldBeLessThan(Bound);
    }

    private static int InFlight(string metrics)
    {
        const string name = "\njobrunner_calls_in_flight ";
        var start = metrics.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return (int)double.Parse(metrics.AsSpan(start, metrics.IndexOf('\n', start) - start));
    }
}
