using System.Globalization;
using System.Text;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;
using JobRunner.Nats.Tests.Protocol;

namespace JobRunner.Nats.Tests.JetStream;

public sealed class KeyValueBucketTests(NatsServerFixture fixture) : IClassFixture<NatsServerFixture>, IAsyncDisposable
{
    private readonly NatsClient _client = fixture.Server.Connect();

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task A_value_is_put_read_and_deleted()
    {
        var bucket = await OpenAsync("plain");
        (await bucket.GetAsync("a.b")).ShouldBeNull();
        var revision = await bucket.PutAsync("a.b", "one"u8.ToArray());
        var entry = (await bucket.GetAsync("a.b"))!;
        (entry.Key, Text(entry), entry.Revision).ShouldBe(("a.b", "one", revision));

        (await bucket.DeleteAsync("a.b")).ShouldBeTrue();
        (await bucket.GetAsync("a.b")).ShouldBeNull();
        (await bucket.FindAsync("a.b"))!.Operation.ShouldBe(KeyValueOperation.Delete);
        (await bucket.PurgeAsync("a.b")).ShouldBeTrue();
        var marker = (await bucket.FindAsync("a.b"))!;
        marker.Operation.ShouldBe(KeyValueOperation.Purge);
        (await bucket.RemoveAsync(marker.Revision)).ShouldBeTrue();
        (await bucket.FindAsync("a.b")).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_is_created_once_until_it_is_deleted()
    {
        var bucket = await OpenAsync("created");
        var created = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => bucket.CreateAsync("key", Bytes(number))));
        created.Count(revision => revision is not null).ShouldBe(1);
        await bucket.DeleteAsync("key");
        (await bucket.CreateAsync("key", Bytes(11))).ShouldNotBeNull();
        Text((await bucket.GetAsync("key"))!).ShouldBe("11");
    }

    [Fact]
    public async Task A_write_at_an_old_revision_changes_nothing()
    {
        var bucket = await OpenAsync("fenced");
        var first = (await bucket.CreateAsync("key", Bytes(1)))!.Value;
        var second = (await bucket.UpdateAsync("key", Bytes(2), first))!.Value;
        (await bucket.UpdateAsync("key", Bytes(3), first)).ShouldBeNull();
        (await bucket.DeleteAsync("key", first)).ShouldBeFalse();
        (await bucket.PurgeAsync("key", first)).ShouldBeFalse();
        Text((await bucket.GetAsync("key"))!).ShouldBe("2");
        (await bucket.DeleteAsync("key", second)).ShouldBeTrue();
    }

    [Fact]
    public async Task Concurrent_counters_lose_no_step()
    {
        var bucket = await OpenAsync("counted");
        await bucket.CreateAsync("n", Bytes(0));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var step = 0; step < 25;)
            {
                var entry = (await bucket.GetAsync("n"))!;
                if (await bucket.UpdateAsync("n", Bytes(int.Parse(Text(entry), CultureInfo.InvariantCulture) + 1), entry.Revision) is not null) step++;
            }
        })).Soon();
        Text((await bucket.GetAsync("n"))!).ShouldBe("200");
    }

    [Fact]
    public async Task A_watcher_sees_what_is_there_and_then_every_change()
    {
        var bucket = await OpenAsync("watched");
        await bucket.PutAsync("a.1", Bytes(1));
        await bucket.PutAsync("a.1", Bytes(2));
        await bucket.PutAsync("b.1", Bytes(3));
        await using var changes = bucket.WatchAsync("a.*").GetAsyncEnumerator();
        (await NextAsync(changes)).ShouldBe("a.1=2");
        await bucket.PutAsync("a.2", Bytes(4));
        (await NextAsync(changes)).ShouldBe("a.2=4");
        await bucket.DeleteAsync("a.1");
        (await NextAsync(changes)).ShouldBe("a.1 Delete");
    }

    [Fact]
    public async Task A_watcher_outlives_its_server()
    {
        await using var server = await NatsServer.StartAsync();
        await using var client = server.Connect();
        var bucket = await KeyValueBucket.OpenAsync(new JetStreamClient(client, TimeProvider.System), "watched", default);
        await bucket.PutAsync("a", Bytes(1));
        await using var changes = bucket.WatchAsync().GetAsyncEnumerator();
        (await NextAsync(changes)).ShouldBe("a=1");
        var next = NextAsync(changes);
        await server.KillAsync();
        await server.StartAgainAsync();
        await bucket.PutAsync("b", Bytes(2));
        (await next).ShouldBe("b=2");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("*")]
    [InlineData("a.>")]
    [InlineData("ü")]
    [InlineData(".a")]
    public async Task A_key_is_a_plain_word(string key)
    {
        var bucket = await OpenAsync("named");
        await Should.ThrowAsync<ArgumentException>(async () => await bucket.PutAsync(key, default));
    }

    private static byte[] Bytes(int number) => Encoding.UTF8.GetBytes($"{number}");

    private static string Text(KeyValueEntry entry) => Encoding.UTF8.GetString(entry.Value.Span);

    private static async Task<string> NextAsync(IAsyncEnumerator<KeyValueEntry> changes)
    {
        (await changes.MoveNextAsync().Soon()).ShouldBeTrue();
        var entry = changes.Current;
        return entry.Exists ? $"{entry.Key}={Text(entry)}" : $"{entry.Key} {entry.Operation}";
    }

    private Task<KeyValueBucket> OpenAsync(string name) =>
        KeyValueBucket.OpenAsync(new JetStreamClient(_client, TimeProvider.System), name, default);
}
