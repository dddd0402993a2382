using System.Collections.Concurrent;
using System.Net;
using JobRunner.Hosting;
using JobRunner.Tests.Execution;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Queues;

/// <summary>What the parts of a worker do when the broker fails them.</summary>
public sealed class WorkerDutyTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // Fetches pause between their turns: a clock that stands still would hold them up.
    private static readonly TimeSpan SmallTick = TimeSpan.FromMilliseconds(10);

    private readonly QueueHooks _hooks = new();
    private readonly QueueJob _job = new();

    [Fact]
    public async Task A_consumer_that_hangs_is_started_again_and_says_so()
    {
        var time = new ManualTime();
        var hung = new TaskCompletionSource();
        var isRestarted = false;
        _hooks.Before = step => step == "receive" && !Volatile.Read(ref isRestarted) ? hung.Task : Task.CompletedTask;
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&visibility_timeout=1h", time: time);
        var id = await host.PutAsync("""{"number": 1}""");

        await host.EndAsync(id, () =>
        {
            time.Advance(Tick);
            Volatile.Write(ref isRestarted, host.Log.Contains(
                "hooked: 1 messages wait, but none came for 30 s; the consumer is restarted", StringComparer.Ordinal));
        });

        isRestarted.ShouldBeTrue();
        host.Log.ShouldContain("hooked: a fetch did not end when it was told to; it is left behind");
        hung.SetResult();
    }

    [Fact]
    public async Task What_a_fetch_brings_that_was_left_behind_is_given_back()
    {
        var time = new ManualTime();
        var hung = new TaskCompletionSource();
        var fetches = 0;
        _hooks.Before = step => step == "received" && Interlocked.Increment(ref fetches) == 1 ? hung.Task : Task.CompletedTask;
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&visibility_timeout=1d", maxConcurrency: 1, time: time);
        var held = await host.PutAsync("""{"number": 1}""");
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(SmallTick);
                return Volatile.Read(ref fetches) == 1;
            },
            "the first message was taken");
        var behind = await host.PutAsync("""{"number": 2}""");

        await host.EndAsync(behind, () => time.Advance(Tick));
        (await host.RecordAsync(held)).Status.ShouldBe(TaskState.Running);
        hung.SetResult();

        await host.EndAsync(held, () => time.Advance(Tick));
        _job.Seen.ShouldBe([2, 1]);
    }

    [Fact]
    public async Task A_renewal_that_hangs_is_tried_again()
    {
        var time = new ManualTime();
        var renewals = 0;
        _hooks.Before = step => step != "renew" ? Task.CompletedTask
            : Interlocked.Increment(ref renewals) == 1 ? new TaskCompletionSource().Task : Task.CompletedTask;
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&visibility_timeout=3000s", time: time);
        var id = await host.PutAsync("""{"milliseconds": 600000}""", "/slow");
        var fence = (await host.BeginAsync(id, () => time.Advance(SmallTick))).FencingToken;

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(Tick);
                return Volatile.Read(ref renewals) >= 2;
            },
            "it is renewed again");

        var record = await host.RecordAsync(id);
        (record.Status, record.FencingToken).ShouldBe((TaskState.Running, fence));
    }

    [Fact]
    public async Task A_broker_that_is_away_is_named_by_health_and_stops_no_call()
    {
        var isAway = false;
        _hooks.Before = _ => Volatile.Read(ref isAway) ? throw new QueueUnavailableException("nobody answers") : Task.CompletedTask;
        await using var host = await QueueHost.StartAsync(_job, _hooks);
        await Eventually.TrueAsync(async () => (await HealthAsync(host)).Contains("\"hooked\":\"up\"", StringComparison.Ordinal), "it is up");

        Volatile.Write(ref isAway, true);
        await Eventually.TrueAsync(async () => (await HealthAsync(host)).Contains("\"hooked\":\"down\"", StringComparison.Ordinal), "it is down");
        using (var answer = await host.Client.PostAsync("/api/v1/perform", new StringContent("""{"number": 4}""", System.Text.Encoding.UTF8, "application/json")))
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var id = await host.PutAsync("""{"number": 5}""");
        Volatile.Write(ref isAway, false);

        (await host.EndAsync(id)).Status.ShouldBe(TaskState.Completed);
        await Eventually.TrueAsync(async () => (await HealthAsync(host)).Contains("\"hooked\":\"up\"", StringComparison.Ordinal), "it is up again");
        host.Log.ShouldContain("The queue hooked is down: nobody answers");
        host.Log.ShouldContain("The queue hooked is back");
        (await host.Client.GetStringAsync("/metrics")).ShouldContain("jobrunner_queue_last_fetch_seconds{queue=\"hooked\"}");
    }

    [Fact]
    public async Task A_trouble_that_lasts_is_told_once_and_not_at_every_try()
    {
        var time = new ManualTime();
        var (isFull, tries) = (false, 0);
        _hooks.Before = step =>
        {
            if (step != "receive" || !Volatile.Read(ref isFull))
                return Task.CompletedTask;
            Interlocked.Increment(ref tries);
            throw new QueueUnavailableException("the disk is full");
        };
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&visibility_timeout=1h", time: time);
        await host.EndAsync(await host.PutAsync("""{"number": 1}"""), () => time.Advance(Tick));

        Volatile.Write(ref isFull, true);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(Tick);
                return Volatile.Read(ref tries) > 8;
            },
            () => $"{tries} tries");
        Volatile.Write(ref isFull, false);
        await host.EndAsync(await host.PutAsync("""{"number": 2}"""), () => time.Advance(Tick));

        host.Log.Count(line => line == "The queue hooked is down: the disk is full").ShouldBeLessThanOrEqualTo(2);
        host.Log.Count(line => line == "The queue hooked is back").ShouldBeLessThanOrEqualTo(2);
        host.Log.Last(line => line.StartsWith("The queue", StringComparison.Ordinal)).ShouldBe("The queue hooked is back");
    }

    [Fact]
    public async Task Finished_outcomes_wait_for_the_broker_and_no_run_is_repeated()
    {
        var isAway = true;
        _hooks.Before = step => step is "settle" or "publish" && Volatile.Read(ref isAway)
            ? throw new QueueUnavailableException("nobody answers") : Task.CompletedTask;
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&results=answers");
        var ids = new List<string>();
        for (var number = 0; number < 20; number++)
            ids.Add(await host.PutAsync($$"""{"number": {{number}}}"""));
        await Eventually.TrueAsync(() => _job.Seen.Count == 20, () => $"{_job.Seen.Count} have run");
        foreach (var id in ids)
            (await host.RecordAsync(id)).Status.ShouldBe(TaskState.Running);

        Volatile.Write(ref isAway, false);

        foreach (var id in ids)
            (await host.EndAsync(id)).Status.ShouldBe(TaskState.Completed);
        _job.Seen.Count.ShouldBe(20);
        (await host.Queue.Store!.InspectAsync("answers", CancellationToken.None)).Depth.ShouldBe(20);
    }

    [Fact]
    public async Task A_message_is_acknowledged_only_after_its_reply_is_accepted()
    {
        var (isAway, refused) = (true, 0);
        var steps = new ConcurrentQueue<string>();
        _hooks.Before = step =>
        {
            if (step is not ("publish" or "settle"))
                return Task.CompletedTask;
            steps.Enqueue(step);
            if (!Volatile.Read(ref isAway))
                return Task.CompletedTask;
            Interlocked.Increment(ref refused);
            throw new QueueUnavailableException("nobody answers");
        };
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&results=answers");
        var id = await host.PutAsync("""{"number": 3}""");
        await Eventually.TrueAsync(() => Volatile.Read(ref refused) >= 2, "the reply is refused");

        steps.ShouldAllBe(step => step == "publish");
        (await host.RecordAsync(id)).Status.ShouldBe(TaskState.Running);
        Volatile.Write(ref isAway, false);

        await host.EndAsync(id);
        steps.TakeLast(2).ShouldBe(["publish", "settle"]);
        (await host.Queue.Store!.InspectAsync("answers", CancellationToken.None)).Depth.ShouldBe(1);
    }

    [Fact]
    public async Task The_lease_of_a_running_call_is_renewed_for_as_long_as_it_takes()
    {
        var time = new ManualTime();
        var renewals = 0;
        _hooks.Before = step =>
        {
            if (step == "renew")
                Interlocked.Increment(ref renewals);
            return Task.CompletedTask;
        };
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&visibility_timeout=3000s", time: time);
        var id = await host.PutAsync("""{"milliseconds": 600000}""", "/slow");
        var fence = (await host.BeginAsync(id, () => time.Advance(SmallTick))).FencingToken;

        // Four thirds of its time: without renewal it would be over.
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(Tick);
                return Volatile.Read(ref renewals) == 4;
            },
            () => $"{renewals} renewals");

        var record = await host.RecordAsync(id);
        (record.Status, record.FencingToken, record.Interruptions).ShouldBe((TaskState.Running, fence, 0));
    }

    [Fact]
    public async Task While_too_many_outcomes_wait_nothing_new_is_fetched()
    {
        const int bound = 100;
        const int batch = 16;
        var time = new ManualTime();
        var isAway = true;
        _hooks.Before = step => step == "settle" && Volatile.Read(ref isAway)
            ? throw new QueueUnavailableException("nobody answers") : Task.CompletedTask;
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&visibility_timeout=1d", maxConcurrency: 4, time: time);
        var ids = new List<string>();
        for (var number = 0; number < 300; number++)
            ids.Add(await host.PutAsync($$"""{"number": {{number}}}"""));
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return _job.Seen.Count >= bound;
            },
            () => $"{_job.Seen.Count} have run");

        for (var ticks = 0; ticks < 200; ticks++)
        {
            time.Advance(Tick);
            await Task.Yield();
        }

        _job.Seen.Count.ShouldBeLessThanOrEqualTo(bound + batch);
        Volatile.Write(ref isAway, false);
        foreach (var id in ids)
            (await host.EndAsync(id, () => time.Advance(TimeSpan.FromMilliseconds(200)))).Status.ShouldBe(TaskState.Completed);
        _job.Seen.Count.ShouldBe(300);
    }

    [Fact]
    public async Task No_more_is_fetched_than_can_start()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks, "&max_concurrency=3", maxConcurrency: 5);
        var ids = new List<string>();
        for (var number = 0; number < 30; number++)
            ids.Add(await host.PutAsync("""{"milliseconds": 5}""", "/slow"));

        foreach (var id in ids)
            await host.EndAsync(id);

        _hooks.Asked.ShouldAllBe(most => most >= 1 && most <= 3);
        _job.MostRunning.ShouldBeLessThanOrEqualTo(3);
    }

    [Fact]
    public async Task A_burst_does_not_end_while_a_fetch_holds_what_it_has_taken()
    {
        var looks = new ConcurrentQueue<string>();
        var looked = new TaskCompletionSource();
        var taken = 0;
        _hooks.Before = step =>
        {
            if (step == "inspect" && Volatile.Read(ref taken) > 0)
                looked.TrySetResult();
            looks.Enqueue(step);
            return step == "received" && Interlocked.Increment(ref taken) == 1 ? looked.Task : Task.CompletedTask;
        };
        await using var host = await QueueHost.StartAsync(_job, _hooks);
        var id = await host.PutAsync("""{"number": 7}""");
        await Eventually.TrueAsync(() => Volatile.Read(ref taken) > 0, "it is taken");

        await host.Services.GetRequiredService<QueueWork>().WhenEmptyAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));

        (await host.RecordAsync(id)).Status.ShouldBe(TaskState.Completed, string.Join(' ', looks));
    }

    [Fact]
    public async Task A_queue_that_is_at_most_once_says_so()
    {
        await using var host = await QueueHost.StartAsync(_job, _hooks);

        await Eventually.TrueAsync(
            () => host.Log.Any(line => line.StartsWith("The queue hooked delivers at most once", StringComparison.Ordinal)), "it is told");
    }

    [Fact]
    public async Task A_stop_gives_back_what_was_fetched_and_not_begun()
    {
        var held = new TaskCompletionSource();
        var taken = 0;
        _hooks.Before = step => step == "received" && Interlocked.Increment(ref taken) == 1 ? held.Task : Task.CompletedTask;
        await using var host = await QueueHost.StartAsync(_job, _hooks);
        var id = await host.PutAsync("""{"number": 7}""");
        await Eventually.TrueAsync(() => Volatile.Read(ref taken) > 0, "it is taken");

        var stopping = host.StopAsync();
        await Eventually.TrueAsync(() => _hooks.Fetch.IsCancellationRequested, "the fetch is told to end");
        held.SetResult();
        await stopping;

        var record = await host.RecordAsync(id);
        (record.Status, record.Attempts, record.Interruptions).ShouldBe((TaskState.Queued, 0, 0));
        _job.Seen.ShouldBeEmpty();
    }

    private static Task<string> HealthAsync(QueueHost host) => ReadAsync(host, "/health");

    private static async Task<string> ReadAsync(QueueHost host, string path)
    {
        using var answer = await host.Client.GetAsync(path);
        return await answer.Content.ReadAsStringAsync();
    }
}
