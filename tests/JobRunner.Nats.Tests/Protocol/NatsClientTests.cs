using System.Text;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Tests.Protocol;

public sealed class NatsClientTests(NatsServerFixture fixture) : IClassFixture<NatsServerFixture>
{
    private NatsServer Server => fixture.Server;

    [Fact]
    public async Task What_is_published_arrives_with_headers_and_reply()
    {
        await using var client = Server.Connect();
        await using var subscription = await client.SubscribeAsync("greetings.*");
        var headers = new NatsHeaders { { "A", "1" }, { "A", "2" }, { "Umlaut", "größer" } };
        await client.PublishAsync("greetings.de", "hallo"u8.ToArray(), headers, "answers");
        var message = await subscription.Messages.ReadAsync().Soon();
        message.Subject.ShouldBe("greetings.de");
        message.ReplyTo.ShouldBe("answers");
        message.Headers!.Values("A").ShouldBe(["1", "2"]);
        message.Headers["Umlaut"].ShouldBe("größer");
        Text(message).ShouldBe("hallo");
    }

    [Fact]
    public async Task Many_requests_at_once_get_their_own_replies()
    {
        await using var client = Server.Connect();
        await using var server = await client.SubscribeAsync("echo");
        var answering = AnswerAsync(client, server);
        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(async number =>
            (number, Text(await client.RequestAsync("echo", Encoding.UTF8.GetBytes($"{number}")))))).Soon();
        replies.ShouldAllBe(reply => reply.Item2 == $"{reply.number}");
        await server.DrainAsync(default);
        await answering.Soon();
    }

    [Fact]
    public async Task A_request_that_nobody_answers_says_so()
    {
        await using var client = Server.Connect();
        await Should.ThrowAsync<NatsNoRespondersException>(client.RequestAsync("nobody.home", default));
        await using var mute = await client.SubscribeAsync("mute");
        await Should.ThrowAsync<NatsTimeoutException>(client.RequestAsync("mute", default, timeout: TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task A_queue_group_shares_its_messages()
    {
        await using var client = Server.Connect();
        await using var first = await client.SubscribeAsync("shared", "group");
        await using var second = await client.SubscribeAsync("shared", "group");
        for (var number = 0; number < 100; number++)
            await client.PublishAsync("shared", Encoding.UTF8.GetBytes($"{number}"));
        await client.FlushAsync(default);
        await first.DrainAsync(default);
        await second.DrainAsync(default);
        var both = (await Texts(first)).Concat(await Texts(second)).Order(StringComparer.Ordinal).ToArray();
        both.ShouldBe(Enumerable.Range(0, 100).Select(number => $"{number}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_message_over_the_servers_limit_is_refused_with_both_numbers()
    {
        await using var client = Server.Connect();
        await client.ConnectedAsync(default);
        var limit = client.Server!.MaxPayload;
        var refusal = await Should.ThrowAsync<NatsPayloadTooLargeException>(client.PublishAsync("big", new byte[limit + 1]).AsTask());
        refusal.Message.ShouldContain($"{limit + 1}");
        refusal.Message.ShouldContain($"{limit}");

        await using var subscription = await client.SubscribeAsync("big");
        await client.PublishAsync("big", new byte[limit]);
        (await subscription.Messages.ReadAsync().Soon()).Payload.Length.ShouldBe((int)limit);
    }

    [Fact]
    public async Task A_slow_reader_loses_messages_and_not_the_connection()
    {
        await using var client = Server.Connect();
        await using var slow = await client.SubscribeAsync("flood", limits: new SubscriptionLimits(10, long.MaxValue));
        await using var heavy = await client.SubscribeAsync("flood", limits: new SubscriptionLimits(1000, 25));
        for (var number = 0; number < 100; number++)
            await client.PublishAsync("flood", new byte[10]);
        await client.FlushAsync(default);
        slow.Dropped.ShouldBe(90);
        heavy.Dropped.ShouldBe(98);
        slow.Messages.TryRead(out _).ShouldBeTrue();
        heavy.Messages.TryRead(out _).ShouldBeTrue();
        await client.PublishAsync("flood", new byte[10]);
        await client.FlushAsync(default);
        (slow.Messages.Count, heavy.Messages.Count).ShouldBe((10, 2));
    }

    [Fact]
    public async Task Draining_loses_nothing_that_arrived()
    {
        await using var sender = Server.Connect();
        await using var client = Server.Connect();
        var subscription = await client.SubscribeAsync("drained");
        await client.FlushAsync(default);
        for (var number = 0; number < 1000; number++)
            await sender.PublishAsync("drained", Encoding.UTF8.GetBytes($"{number}"));
        await sender.FlushAsync(default);
        await client.DrainAsync(default);
        (await Texts(subscription)).ShouldBe(Enumerable.Range(0, 1000).Select(number => $"{number}"));
        await Should.ThrowAsync<ObjectDisposedException>(client.PublishAsync("drained", default).AsTask());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\r\nPUB b 0")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a.>")]
    public async Task A_subject_cannot_smuggle_a_command(string subject)
    {
        await using var client = Server.Connect();
        await Should.ThrowAsync<ArgumentException>(client.PublishAsync(subject, default).AsTask());
        await Should.ThrowAsync<ArgumentException>(client.PublishAsync("fine", default, replyTo: subject).AsTask());
        Should.Throw<FormatException>(() => new NatsHeaders().Add("Name", $"x\r\nOther: {subject}"));
    }

    internal static async Task<string[]> Texts(INatsSubscription subscription)
    {
        var texts = new List<string>();
        await foreach (var message in subscription.Messages.ReadAllAsync())
            texts.Add(Text(message));
        return [.. texts];
    }

    internal static string Text(NatsMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    internal static async Task AnswerAsync(NatsClient client, INatsSubscription requests)
    {
        await foreach (var request in requests.Messages.ReadAllAsync())
            await client.PublishAsync(request.ReplyTo!, request.Payload);
    }
}
