using JobRunner.Telemetry.Profiler;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class SurvivorTrackerTests
{
    private readonly SurvivorTracker _tracker = new();

    [Fact]
    public void What_no_range_holds_is_garbage()
    {
        var kept = Allocate(1000);
        var dropped = Allocate(2000);

        Collect(0, (900, 900, 200));

        kept.IsAlive.ShouldBeTrue();
        dropped.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public void An_object_is_followed_to_where_it_moved()
    {
        var moved = Allocate(1000);

        Collect(0, (900, 5900, 200));
        moved.Address.ShouldBe(6000ul);
        Collect(1, (6000, 100, 8));

        moved.IsAlive.ShouldBeTrue();
        moved.Address.ShouldBe(100ul);
    }

    [Fact]
    public void A_collection_says_nothing_of_older_generations()
    {
        var old = Allocate(1000);
        Collect(0, (1000, 1000, 8));

        Collect(0);
        old.IsAlive.ShouldBeTrue();
        Collect(1);
        old.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public void A_large_object_dies_in_full_collections_only()
    {
        var large = Allocate(1000, size: 85_000);

        Collect(1);
        large.IsAlive.ShouldBeTrue();
        Collect(2);
        large.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public void A_background_collection_kills_nothing_even_with_another_within()
    {
        var kept = Allocate(1000);
        _tracker.CollectionStarted(1, 2, isBlocking: false);
        _tracker.CollectionStarted(2, 0, isBlocking: true);
        _tracker.Survived(1000, 1000, 8);
        _tracker.CollectionEnded(2);
        _tracker.CollectionEnded(1);

        kept.IsAlive.ShouldBeTrue();
    }

    [Fact]
    public void A_range_ends_before_its_length()
    {
        var first = Allocate(1000);
        var last = Allocate(1007);
        var next = Allocate(1008);

        Collect(0, (1000, 1000, 8));

        first.IsAlive.ShouldBeTrue();
        last.IsAlive.ShouldBeTrue();
        next.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public void The_end_of_a_collection_whose_start_was_missed_says_nothing()
    {
        var kept = Allocate(1000);

        _tracker.CollectionEnded(7);

        kept.IsAlive.ShouldBeTrue();
    }

    private SampledObject Allocate(ulong address, long size = 24)
    {
        var sampled = new SampledObject(address, size, "T", []);
        _tracker.Allocated(sampled);
        return sampled;
    }

    private void Collect(int generation, params (ulong From, ulong To, ulong Length)[] ranges)
    {
        _tracker.CollectionStarted(1, generation, isBlocking: true);
        foreach (var (from, to, length) in ranges)
            _tracker.Survived(from, to, length);
        _tracker.CollectionEnded(1);
    }
}
