using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Execution;

[Collection(nameof(Processes))]
public sealed class BlockingJobTests
{
    private const int Calls = 1000;
    private const string Call =
        "POST /api/v1/perform HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        + "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"seconds\": 12}";

    /// <summary>The bound is the requirement itself.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Probes_and_metrics_answer_within_a_second_while_1000_synchronous_calls_block()
    {
        await using var host = await HostProcess.StartAsync(nameof(Sleeper));

        // Plain sockets and one thread: the client shall not be what is measured.
        var (callers, slowest) = await Task.Factory.StartNew(
            () => Block(host.Address), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        slowest.ShouldBeLessThan(Bound);
        foreach (var caller in callers)
        {
            using var reader = new StreamReader(caller.GetStream());
            (await reader.ReadLineAsync()).ShouldBe("HTTP/1.1 200 OK");
            caller.Dispose();
        }
    }

    private static (List<TcpClient> Callers, TimeSpan Slowest) Block(Uri address)
    {
        using var prober = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        Ask(prober, "/metrics");
        var callers = new List<TcpClient>();
        while (callers.Count < Calls)
        {
            var caller = new TcpClient(address.Host, address.Port);
            caller.GetStream().Write(Encoding.ASCII.GetBytes(Call));
            callers.Add(caller);
        }

        // From the moment in which all of them block until the first one ends.
        var deadline = Stopwatch.StartNew();
        while (InFlight(Ask(prober, "/metrics").Text) < Calls)
            deadline.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), "all calls must be let in");
        var slowest = TimeSpan.Zero;
        for (var isBlocked = true; isBlocked;)
        {
            foreach (var path in (string[])["/live", "/ready", "/metrics"])
            {
                var (text, elapsed) = Ask(prober, path);
                slowest = elapsed > slowest ? elapsed : slowest;
                isBlocked = path != "/metrics" || InFlight(text) == Calls;
            }
        }

        return (callers, slowest);
    }

    private static (string Text, TimeSpan Elapsed) Ask(HttpClient prober, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        var started = Stopwatch.GetTimestamp();
        using var answer = prober.Send(request);
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        var text = reader.ReadToEnd();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (text, Stopwatch.GetElapsedTime(started));
    }

    private static int InFlight(string metrics)
    {
        const string name = "\njobrunner_calls_in_flight ";
        var start = metrics.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return (int)double.Parse(metrics.AsSpan(start, metrics.IndexOf('\n', start) - start));
    }
}
