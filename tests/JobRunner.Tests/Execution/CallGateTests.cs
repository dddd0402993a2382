using JobRunner.Execution;

namespace JobRunner.Tests.Execution;

public sealed class CallGateTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    public async Task Without_a_cap_every_call_gets_a_place(int? cap)
    {
        var gate = new CallGate(cap, maxQueue: 0);
        for (var count = 0; count < 100; count++)
            (await gate.EnterAsync(CancellationToken.None)).ShouldNotBeNull();
        gate.InFlight.ShouldBe(100);
    }

    [Fact]
    public async Task The_first_call_past_places_and_line_is_refused_at_once()
    {
        var gate = new CallGate(2, maxQueue: 3);
        for (var count = 0; count < 2; count++)
            (await gate.EnterAsync(CancellationToken.None)).ShouldNotBeNull();
        var waiting = Enumerable.Range(0, 3).Select(_ => gate.EnterAsync(CancellationToken.None).AsTask()).ToList();
        gate.Waiting.ShouldBe(3);

        var refused = gate.EnterAsync(CancellationToken.None);

        refused.IsCompletedSuccessfully.ShouldBeTrue();
        (await refused).ShouldBeNull();
        waiting.ShouldAllBe(task => !task.IsCompleted);
    }

    [Fact]
    public async Task A_line_of_zero_means_no_waiting()
    {
        var gate = new CallGate(1, maxQueue: 0);
        gate.TryEnter().ShouldNotBeNull();
        (await gate.EnterAsync(CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_leaves_the_line_makes_room_in_it()
    {
        var gate = new CallGate(1, maxQueue: 1);
        var place = gate.TryEnter()!.Value;
        using var impatience = new CancellationTokenSource();
        var leaver = gate.EnterAsync(impatience.Token).AsTask();

        await impatience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(leaver);
        gate.Waiting.ShouldBe(0);
        var next = gate.EnterAsync(CancellationToken.None).AsTask();
        place.Release();
        (await Eventually.Ends(next)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Queue_work_waits_behind_calls_that_came_later()
    {
        var gate = new CallGate(1, maxQueue: null);
        var place = gate.TryEnter()!.Value;
        var work = gate.ReserveAsync(CancellationToken.None).AsTask();
        var call = gate.EnterAsync(CancellationToken.None).AsTask();

        place.Release();
        var calls = (await Eventually.Ends(call))!.Value;
        work.IsCompleted.ShouldBeFalse();

        calls.Release();
        (await Eventually.Ends(work)).Confirm()!.Value.Release();
        gate.InFlight.ShouldBe(0);
    }

    [Fact]
    public async Task A_queue_has_no_more_places_than_its_own()
    {
        var gate = new CallGate(10, maxQueue: null);
        using var queue = new QueueGate(gate, maxConcurrency: 1);
        var first = (await queue.ReserveAsync(2, CancellationToken.None)).TryConfirm()!.Value;
        var second = queue.ReserveAsync(2, CancellationToken.None).AsTask();
        second.IsCompleted.ShouldBeFalse();
        gate.InFlight.ShouldBe(1);

        first.Release();

        (await Eventually.Ends(second)).TryConfirm().ShouldNotBeNull();
        gate.InFlight.ShouldBe(1);
    }

    [Fact]
    public async Task A_worker_that_gives_up_leaves_its_queues_place()
    {
        var gate = new CallGate(1, maxQueue: null);
        using var queue = new QueueGate(gate, maxConcurrency: 1);
        var place = gate.TryEnter()!.Value;
        using var impatience = new CancellationTokenSource();
        var gaveUp = queue.ReserveAsync(1, impatience.Token).AsTask();
        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(gaveUp);

        place.Release();

        (await Eventually.Ends(queue.ReserveAsync(1, CancellationToken.None).AsTask())).TryConfirm()!.Value.Release();
        gate.InFlight.ShouldBe(0);
    }

    [Fact]
    public async Task No_place_is_lost_when_grants_and_departures_race()
    {
        var gate = new CallGate(3, maxQueue: null);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var round = 0; round < 2000; round++)
            {
                using var impatience = new CancellationTokenSource();
                var entry = worker == 0
                    ? gate.WorkAsync(impatience.Token)
                    : Held(gate.EnterAsync(impatience.Token));
                if (random.Next(2) == 0)
                    impatience.Cancel();
                try
                {
                    var place = await entry;
                    gate.InFlight.ShouldBeLessThanOrEqualTo(3);
                    place.Release();
                }
                catch (OperationCanceledException)
                {
                    // Left the line.
                }
            }
        })));
        gate.InFlight.ShouldBe(0);
        gate.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task No_call_is_turned_away_for_a_place_that_is_only_reserved()
    {
        var gate = new CallGate(1, maxQueue: 0);
        using var ended = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                using var reservation = await gate.ReserveAsync(CancellationToken.None);
                await Task.Yield();
            }
        })).ToArray();

        for (var call = 0; call < 20_000; call++)
            (gate.TryEnter() ?? await gate.EnterAsync(CancellationToken.None)).ShouldNotBeNull().Release();

        await ended.CancelAsync();
        await Task.WhenAll(workers);
        gate.InFlight.ShouldBe(0);
    }

    private static async Task<GatePlace> Held(ValueTask<GatePlace?> entry) => (await entry)!.Value;
}
