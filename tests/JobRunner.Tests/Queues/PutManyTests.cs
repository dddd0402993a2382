using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Queues;

/// <summary>Tasks that are put while they are produced.</summary>
public sealed class PutManyTests : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddJobQueueClient("memory:?max_message_size=40").BuildServiceProvider();

    private JobQueueClient Client => _services.GetRequiredService<JobQueueClient>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task What_a_slow_producer_has_made_is_put_while_it_makes_more()
    {
        var more = new TaskCompletionSource();
        await using var ids = Client.PutManyAsync("/perform", SlowlyAsync(more.Task)).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        (await ids.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue();
        more.SetResult();
        (await ids.MoveNextAsync()).ShouldBeTrue();
        (await ids.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Those_before_one_that_is_too_large_are_put()
    {
        var payloads = Enumerable.Range(0, 250).Select(object? (number) => new { text = number == 230 ? new string('x', 100) : $"{number}" });

        var ids = await PutUntilErrorAsync<MessageTooLargeException>(payloads.ToAsyncEnumerable());

        ids.Distinct().Count().ShouldBe(230);
    }

    [Fact]
    public async Task Those_before_an_error_of_the_producer_are_put() =>
        (await PutUntilErrorAsync<InvalidOperationException>(BrokenAsync(150))).Count.ShouldBe(150);

    [Fact]
    public async Task Those_before_one_that_is_no_object_are_put()
    {
        var payloads = Enumerable.Range(0, 20).Select(object? (number) => number == 12 ? "text" : new { number });

        (await PutUntilErrorAsync<ArgumentException>(payloads.ToAsyncEnumerable())).Count.ShouldBe(12);
    }

    [Fact]
    public async Task A_producer_that_is_stuck_holds_up_nobody_who_gives_up()
    {
        using var patience = new CancellationTokenSource();
        await using var ids = Client.PutManyAsync("/perform", SlowlyAsync(Task.Delay(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken)))
            .GetAsyncEnumerator(patience.Token);
        await ids.MoveNextAsync();

        await ids.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Nothing_is_put_where_nothing_is_produced() =>
        (await Client.PutManyAsync("/perform", AsyncEnumerable.Empty<object?>()).ToListAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();

    private async Task<List<string>> PutUntilErrorAsync<T>(IAsyncEnumerable<object?> payloads)
        where T : Exception
    {
        var ids = new List<string>();
        await Should.ThrowAsync<T>(async () =>
        {
            await foreach (var id in Client.PutManyAsync("/perform", payloads))
                ids.Add(id);
        });
        return ids;
    }

    private static async IAsyncEnumerable<object?> SlowlyAsync(Task more)
    {
        yield return new { number = 1 };
        await more;
        yield return new { number = 2 };
    }

    private static async IAsyncEnumerable<object?> BrokenAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var number = 0; number < count; number++)
            yield return new { number };
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        throw new InvalidOperationException("the producer broke");
    }
}
