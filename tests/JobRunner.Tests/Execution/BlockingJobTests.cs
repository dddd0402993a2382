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
        var calls = Task.WhenAll(Enumerable.Range(0, 1000)
            .Select(_ => caller.PostAsJsonAsync("/api/v1/perform", new { seconds = 10 })));

        // On a thread of its own: the thousand answers keep the pool of this process busy, which is not what is measured.
        var (mostInFlight, slowest) = await Task.Factory.StartNew(
            () => Probe(host.Address, calls), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        (await calls).ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        mostInFlight.ShouldBe(1000);
        slowest.ShouldBeLessThan(Bound);
    }

    private static (int MostInFlight, TimeSpan Slowest) Probe(Uri address, Task until)
    {
        using var prober = new HttpClient { BaseAddress = address };
        var (mostInFlight, slowest) = (0, TimeSpan.Zero);
        do
        {
            foreach (var path in (string[])["/live", "/ready", "/metrics"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                var started = Stopwatch.GetTimestamp();
                using var answer = prober.Send(request);
                using var reader = new StreamReader(answer.Content.ReadAsStream());
                var text = reader.ReadToEnd();
                var elapsed = Stopwatch.GetElapsedTime(started);
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);
                slowest = elapsed > slowest ? elapsed : slowest;
                if (path == "/metrics")
                    mostInFlight = Math.Max(mostInFlight, InFlight(text));
            }
        }
        while (!until.Wait(TimeSpan.FromMilliseconds(50)));
        return (mostInFlight, slowest);
    }

    private static int InFlight(string metrics)
    {
        const string name = "\njobrunner_calls_in_flight ";
        var start = metrics.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return (int)double.Parse(metrics.AsSpan(start, metrics.IndexOf('\n', start) - start));
    }
}
