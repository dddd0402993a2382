using System.Text;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;
using JobRunner.Nats.Tests.Protocol;

namespace JobRunner.Nats.Tests.JetStream;

public sealed class StreamTests(NatsServerFixture fixture) : IClassFixture<NatsServerFixture>, IAsyncDisposable
{
    private readonly NatsClient _client = fixture.Server.Connect();

    private JetStreamClient JetStream => new(_client, TimeProvider.System);

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task A_stream_is_created_once_and_used_as_it_is()
    {
        var config = new StreamConfig { Name = "CREATED", Subjects = ["created.>"], Retention = StreamRetention.WorkQueue, MaxAge = TimeSpan.FromHours(3) };
        (await JetStream.FindStreamAsync("CREATED")).ShouldBeNull();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => JetStream.EnsureStreamAsync(config)));
        var again = await JetStream.EnsureStreamAsync(config with { MaxAge = TimeSpan.Zero });
        again.Config!.Retention.ShouldBe(StreamRetention.WorkQueue);
        again.Config.MaxAge.ShouldBe(TimeSpan.FromHours(3));

        (await JetStream.UpdateStreamAsync(config with { MaxMsgs = 7 })).Config!.MaxMsgs.ShouldBe(7);
        (await JetStream.DeleteStreamAsync("CREATED")).ShouldBeTrue();
        (await JetStream.DeleteStreamAsync("CREATED")).ShouldBeFalse();
    }

    [Fact]
    public async Task Messages_are_stored_read_counted_deleted_and_purged()
    {
        await JetStream.CreateStreamAsync(new StreamConfig { Name = "STORED", Subjects = ["stored.>"], AllowDirect = true });
        for (var number = 1; number <= 5; number++)
        {
            var ack = await JetStream.PublishAsync($"stored.{number % 2}", Encoding.UTF8.GetBytes($"{number}"), new NatsHeaders { { "N", $"{number}" } });
            (ack.Stream, ack.Seq, ack.Duplicate).ShouldBe(("STORED", (ulong)number, false));
        }

        (await JetStream.CountBySubjectAsync("STORED", "stored.*")).ShouldBe(
            new Dictionary<string, long> { ["stored.0"] = 2, ["stored.1"] = 3 }, ignoreOrder: true);
        GetMessageRequest[] requests = [new() { Seq = 5 }, new() { LastBySubj = "stored.1" }, new() { Seq = 4, NextBySubj = "stored.1" }];
        foreach (var request in requests)
        {
            foreach (var message in new[] { await JetStream.GetMessageAsync("STORED", request), await JetStream.GetDirectAsync("STORED", request) })
            {
                message!.Sequence.ShouldBe(5UL);
                message.Subject.ShouldBe("stored.1");
                message.Headers!["N"].ShouldBe("5");
                message.Payload.ToArray().ShouldBe("5"u8.ToArray());
                message.Time.ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(-5));
            }
        }

        (await JetStream.DeleteMessageAsync("STORED", 5)).ShouldBeTrue();
        (await JetStream.DeleteMessageAsync("STORED", 5)).ShouldBeFalse();
        (await JetStream.GetMessageAsync("STORED", new() { Seq = 5 })).ShouldBeNull();
        (await JetStream.GetDirectAsync("STORED", new() { Seq = 5 })).ShouldBeNull();
        (await JetStream.PurgeStreamAsync("STORED", new() { Filter = "stored.0" })).ShouldBe(2);
        (await JetStream.FindStreamAsync("STORED"))!.State.Messages.ShouldBe(2);
        (await JetStream.PurgeStreamAsync("STORED")).ShouldBe(2);
    }

    [Fact]
    public async Task A_message_id_is_stored_once()
    {
        await JetStream.CreateStreamAsync(new StreamConfig { Name = "ONCE", Subjects = ["once"] });
        var first = await JetStream.PublishAsync("once", default, conditions: new() { MessageId = "a" });
        var second = await JetStream.PublishAsync("once", default, conditions: new() { MessageId = "a" });
        (first.Duplicate, second.Duplicate, second.Seq).ShouldBe((false, true, first.Seq));
    }

    [Fact]
    public async Task Conditions_that_do_not_hold_are_refused()
    {
        await JetStream.CreateStreamAsync(new StreamConfig { Name = "EXPECTED", Subjects = ["expected.*"] });
        await JetStream.PublishAsync("expected.a", default, conditions: new() { ExpectedLastSubjectSequence = 0, ExpectedStream = "EXPECTED" });
        await JetStream.PublishAsync("expected.a", default, conditions: new() { ExpectedLastSubjectSequence = 1, ExpectedLastSequence = 1, MessageId = "m" });
        await JetStream.PublishAsync("expected.b", default, conditions: new() { ExpectedLastMessageId = "m" });

        (await RefusedAsync(new() { ExpectedLastSubjectSequence = 1 })).IsWrongSequence.ShouldBeTrue();
        (await RefusedAsync(new() { ExpectedLastSequence = 1 })).IsWrongSequence.ShouldBeTrue();
        (await RefusedAsync(new() { ExpectedStream = "OTHER" })).Code.ShouldBe(400);
        (await RefusedAsync(new() { ExpectedLastMessageId = "x" })).Code.ShouldBe(400);
        (await JetStream.FindStreamAsync("EXPECTED"))!.State.Messages.ShouldBe(3);

        Task<JetStreamException> RefusedAsync(PublishConditions conditions) =>
            Should.ThrowAsync<JetStreamException>(JetStream.PublishAsync("expected.a", default, conditions: conditions));
    }

    [Fact]
    public async Task A_full_stream_says_so()
    {
        await JetStream.CreateStreamAsync(new StreamConfig { Name = "FULL", Subjects = ["full"], MaxMsgs = 1, Discard = StreamDiscard.New });
        await JetStream.PublishAsync("full", default);
        (await Should.ThrowAsync<JetStreamException>(JetStream.PublishAsync("full", default))).IsStreamFull.ShouldBeTrue();
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("*")]
    [InlineData("a b")]
    [InlineData("")]
    public async Task A_name_cannot_reach_into_another_subject(string name) =>
        await Should.ThrowAsync<ArgumentException>(async () => await JetStream.FindStreamAsync(name));
}
