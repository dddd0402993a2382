using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using JobRunner.Tests.Execution;
using JobRunner.Tests.Hosting;

namespace JobRunner.Tests.Tasks;

/// <summary>Polls and event streams that wait at a host in a process of its own.</summary>
public sealed class WaitingPollTests : IDisposable
{
    private const int Polls = 1000;
    private const int Watchers = 200;

    /// <summary>What the thread pool may add by itself while 1,200 connections are accepted.</summary>
    private const int FewThreads = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-polls-").FullName;
    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = TimeSpan.FromMinutes(2),
    };

    public void Dispose()
    {
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_thousand_waiting_polls_and_two_hundred_watchers_cost_no_threads()
    {
        var signal = Path.Combine(_folder, "go");
        await using var host = await HostProcess.StartAsync(
            nameof(TaskProof), "jobtype_extra: {shutdown_delay: 0}\n", ("JOBRUNNER_DATA_DIR", _folder), ("LOG_LEVEL", "info"));
        _client.BaseAddress = host.Address;
        var id = await PutAsync(signal);

        // The pool takes the threads that it wants in any case.
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _client.GetStringAsync("/live")));
        var before = host.ThreadCount;

        var polls = Enumerable.Range(0, Polls).Select(_ => PollAsync(id)).ToList();
        var watchers = Enumerable.Range(0, Watchers).Select(_ => _client.GetStringAsync($"/api/v1/tasks/{id}/events")).ToList();
        await Eventually.TrueAsync(async () => await InFlightAsync() >= Polls + Watchers, () => host.Output);
        var during = host.ThreadCount;

        during.ShouldBeLessThanOrEqualTo(before + FewThreads, $"{before} threads before");
        polls.ShouldAllBe(poll => !poll.IsCompleted);
        await File.WriteAllTextAsync(signal, "go");
        foreach (var poll in polls)
            (await Eventually.Ends(poll)).ShouldBe("\"done\"");
        foreach (var watcher in watchers)
            (await Eventually.Ends(watcher)).ShouldContain("\"status\":\"completed\"");
    }

    private async Task<string> PutAsync(string file)
    {
        using var body = new StringContent(new JsonObject { ["file"] = file }.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _client.PostAsync("/pub/async/new/job/proof/latest/api/v1/linger", body);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["task_id"]!;
    }

    // As clients do: what is not done is asked for again.
    private async Task<string> PollAsync(string id)
    {
        while (true)
        {
            using var response = await _client.GetAsync($"/pub/async/task/{id}/poll");
            if (response.StatusCode != HttpStatusCode.Accepted)
                return await response.Content.ReadAsStringAsync();
        }
    }

    private async Task<double> InFlightAsync()
    {
        var metrics = (await _client.GetStringAsync("/metrics")).Split('\n');
        return ValueOf("commons_requests_started_total ") - ValueOf("commons_requests_done_total ");

        double ValueOf(string name) => double.Parse(
            metrics.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..], CultureInfo.InvariantCulture);
    }
}
