using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using JobRunner.Tests.Execution;

namespace JobRunner.Tests.Hosting;

[Collection(nameof(Processes))]
public sealed class SignalTests
{
    private const string Path = "/api/v1/perform";

    [Fact]
    public async Task No_call_fails_while_a_client_goes_on_sending_after_SIGTERM()
    {
        await using var host = await HostProcess.StartAsync(nameof(Sleeper));
        using var client = new HttpClient { BaseAddress = host.Address };
        using var stop = new CancellationTokenSource();
        var answers = 0;
        var senders = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                (await client.PostAsJsonAsync(Path, new { seconds = 0.01 })).StatusCode.ShouldBe(HttpStatusCode.OK);
                Interlocked.Increment(ref answers);
            }
        })).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref answers) > 50, "calls are answered");

        host.Signal(PosixSignal.SIGTERM);
        await Eventually.TrueAsync(async () => await StatusAsync(client, "/ready") == HttpStatusCode.InternalServerError, "unready at once");
        stop.CancelAfter(TimeSpan.FromSeconds(2));

        await Task.WhenAll(senders);
        (await host.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task After_the_delay_calls_are_refused_while_running_ones_end_and_probes_answer()
    {
        await using var host = await HostProcess.StartAsync(nameof(Sleeper), "jobtype_extra: {shutdown_delay: 100ms}");
        using var client = new HttpClient { BaseAddress = host.Address };
        var running = client.PostAsJsonAsync(Path, new { seconds = 3 });
        await Eventually.TrueAsync(async () => (await client.GetStringAsync("/metrics")).Contains("jobrunner_calls_in_flight 1"), "the call runs");

        host.Signal(PosixSignal.SIGTERM);

        HttpResponseMessage? refused = null;
        await Eventually.TrueAsync(
            async () =>
            {
                refused = await client.PostAsJsonAsync(Path, new { seconds = 0 });
                return refused.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "calls are refused");
        refused!.Headers.ConnectionClose.ShouldBe(true);
        (await StatusAsync(client, "/live")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(client, "/ready")).ShouldBe(HttpStatusCode.InternalServerError);
        (await client.GetStringAsync("/metrics")).ShouldContain("jobrunner_calls_in_flight 1");
        (await running).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task SIGINT_stops_without_the_delay()
    {
        await using var host = await HostProcess.StartAsync(nameof(Sleeper), "jobtype_extra: {shutdown_delay: 1h}");
        host.Signal(PosixSignal.SIGINT);
        (await host.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_second_signal_exits_at_once()
    {
        await using var host = await HostProcess.StartAsync(nameof(Sleeper), "jobtype_extra: {shutdown_delay: 1h}");
        using var client = new HttpClient { BaseAddress = host.Address };
        host.Signal(PosixSignal.SIGTERM);
        await Eventually.TrueAsync(async () => await StatusAsync(client, "/ready") == HttpStatusCode.InternalServerError, "the stop begins");
        host.Signal(PosixSignal.SIGTERM);
        (await host.ExitAsync()).ShouldBe(143);
    }

    [Fact]
    public async Task A_call_that_never_ends_does_not_keep_the_process()
    {
        await using var host = await HostProcess.StartAsync(
            nameof(Sleeper), "jobtype_extra: {shutdown_delay: 0, shutdown_grace: 100ms}");
        using var client = new HttpClient { BaseAddress = host.Address };
        var stuck = client.PostAsJsonAsync(Path, new { seconds = 3600 });
        await Eventually.TrueAsync(async () => (await client.GetStringAsync("/metrics")).Contains("jobrunner_calls_in_flight 1"), "the call runs");

        host.Signal(PosixSignal.SIGTERM);

        (await host.ExitAsync()).ShouldBe(0, host.Output);
        await Should.ThrowAsync<HttpRequestException>(stuck);
    }

    [Fact]
    public async Task The_grace_period_ends_with_the_calls_token_cancelled()
    {
        await using var host = await HostProcess.StartAsync(
            nameof(SharedInstrument), "jobtype_extra: {shutdown_delay: 0, shutdown_grace: 100ms}");
        using var client = new HttpClient { BaseAddress = host.Address };
        var call = client.PostAsJsonAsync(Path, new { seconds = 3600 });
        await Eventually.TrueAsync(async () => (await client.GetStringAsync("/metrics")).Contains("jobrunner_calls_in_flight 1"), "the call runs");

        host.Signal(PosixSignal.SIGTERM);

        (await (await call).JsonAsync(HttpStatusCode.ServiceUnavailable)).GetProperty("type").GetString().ShouldBe("JobStopping");
        (await host.ExitAsync()).ShouldBe(0);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path) => (await client.GetAsync(path)).StatusCode;
}

/// <summary>Tests that start processes take turns, and no other test runs beside them.</summary>
[CollectionDefinition(nameof(Processes), DisableParallelization = true)]
public sealed class Processes;
