using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Tests;

/// <summary>Messages of clients that know nothing of us, and answers to them.</summary>
public sealed class RabbitMessageTests(RabbitServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "1"u8.ToArray() };

    private IJobQueue? _queue;
    private IConnection? _connection;
    private IChannel? _channel;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Name { get; } = $"q{Guid.NewGuid():N}";

    private IJobQueue Queue => _queue!;

    private IChannel Channel => _channel!;

    public async ValueTask InitializeAsync()
    {
        _connection = await new ConnectionFactory { Uri = new Uri(server.Url) }.CreateConnectionAsync(Stop);
        _channel = await _connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Stop);
        _queue = Rabbit.Queue(server, Name, options => options with { Results = $"{Name}.results" });
    }

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        await _connection!.DisposeAsync();
    }

    [Fact]
    public async Task AMQPs_own_properties_are_honoured()
    {
        await Queue.ConnectAsync(Stop);
        var put = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var properties = new BasicProperties
        {
            MessageId = "own-id",
            CorrelationId = "asked",
            ReplyTo = "answers",
            Expiration = "60000",
            Timestamp = new AmqpTimestamp(put.ToUnixTimeSeconds()),
            Priority = 7,
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["endpoint"] = "/train",
                ["caller"] = Encoding.UTF8.GetBytes("someone"),
                ["max_attempts"] = 5,
                ["deep"] = new List<object?> { 1, "a" },
                ["flag"] = true,
            },
        };
        await Channel.BasicPublishAsync("", Name, mandatory: true, properties, "{}"u8.ToArray(), Stop);

        var message = (await TakeAsync()).Message;

        message.Id.ShouldBe("own-id");
        message.ReplyTo.ShouldBe("answers");
        message.Priority.ShouldBe(7);
        message.EnqueuedAt.ShouldBe(put);
        message.Deadline.ShouldBe(put.AddMinutes(1));
        message.Endpoint.ShouldBe("/train");
        message.Caller.ShouldBe("someone");
        message.MaxAttempts.ShouldBe(5);
        message.Properties["correlation_id"].ShouldBe("asked");
        message.Properties["deep"].ShouldBe("""["1","a"]""");
        message.Properties["flag"].ShouldBe("true");
    }

    [Fact]
    public async Task Of_what_is_handed_out_together_the_higher_priority_comes_first()
    {
        await Queue.ConnectAsync(Stop);
        foreach (byte priority in new byte[] { 0, 9, 4 })
            await PublishAsync($"{priority}", new BasicProperties { Priority = priority });
        await DepthBecomesAsync(3);

        var leases = await Queue.ReceiveAsync(3, Lease, Stop);

        leases.Select(lease => TextOf(lease.Message)).ShouldBe(["9", "4", "0"]);
    }

    [Fact]
    public async Task An_answer_bears_the_correlation_id_that_was_asked_for()
    {
        await Queue.ConnectAsync(Stop);
        var answers = (await Channel.QueueDeclareAsync(cancellationToken: Stop)).QueueName;
        await PublishAsync("{}", new BasicProperties { MessageId = "m", CorrelationId = "asked", ReplyTo = answers });
        var lease = await TakeAsync();

        await Queue.PublishAsync(lease.Message.ReplyTo!, "42"u8.ToArray(), lease.Message.Id, Stop);
        await Queue.CompleteAsync(lease, Done, Stop);

        var answer = await GetAsync(answers);
        answer.BasicProperties.CorrelationId.ShouldBe("asked");
        Encoding.UTF8.GetString(answer.Body.Span).ShouldBe("42");
    }

    [Fact]
    public async Task An_answer_that_no_queue_takes_is_an_error()
    {
        var error = await Should.ThrowAsync<UnroutableMessageException>(
            () => Queue.PublishAsync("nobody-is-here", "42"u8.ToArray(), "m", Stop));

        error.Message.ShouldContain("nobody-is-here");
    }

    [Fact]
    public async Task Results_go_to_an_exchange_where_there_is_one_of_that_name()
    {
        await Channel.ExchangeDeclareAsync($"{Name}.results", ExchangeType.Fanout, durable: true, cancellationToken: Stop);
        var listener = (await Channel.QueueDeclareAsync(cancellationToken: Stop)).QueueName;
        await Channel.QueueBindAsync(listener, $"{Name}.results", "", cancellationToken: Stop);

        await Queue.PublishAsync($"{Name}.results", "42"u8.ToArray(), "m", Stop);

        (await GetAsync(listener)).BasicProperties.CorrelationId.ShouldBe("m");
    }

    [Fact]
    public async Task Results_go_to_a_queue_that_is_made_where_there_is_none()
    {
        await Queue.PublishAsync($"{Name}.results", "42"u8.ToArray(), "m", Stop);

        Encoding.UTF8.GetString((await GetAsync($"{Name}.results")).Body.Span).ShouldBe("42");
    }

    [Fact]
    public async Task A_queue_of_another_kind_is_used_as_it_is()
    {
        await Channel.QueueDeclareAsync(Name, durable: true, exclusive: false, autoDelete: false, cancellationToken: Stop);
        await Queue.ConnectAsync(Stop);
        await PublishAsync("1", new BasicProperties());

        var lease = await TakeAsync();
        (await Queue.RetryAsync(lease, Done with { Error = "broken" }, TimeSpan.FromMilliseconds(1), Stop)).ShouldBeTrue();
        var again = await TakeAsync();
        await Queue.ReleaseAsync(again, Stop);
        var last = await TakeAsync();

        (lease.Message.Attempt, again.Message.Attempt, last.Message.Attempt).ShouldBe((1, 2, 2));
        (await Queue.CompleteAsync(last, Done, Stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_message_without_an_id_keeps_the_one_it_was_given()
    {
        await Queue.ConnectAsync(Stop);
        await PublishAsync("1", new BasicProperties());
        var first = await TakeAsync();
        await Queue.ReleaseAsync(first, Stop);

        (await TakeAsync()).Message.Id.ShouldBe(first.Message.Id);
    }

    [Fact]
    public async Task A_foreign_message_with_a_time_waits_for_it_and_blocks_nobody()
    {
        await Queue.ConnectAsync(Stop);
        var due = DateTimeOffset.UtcNow.AddSeconds(2);
        await PublishAsync("later", new BasicProperties
        {
            MessageId = "later",
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["not_before"] = due.ToString("O", CultureInfo.InvariantCulture) },
        });
        await PublishAsync("now", new BasicProperties { MessageId = "now" });

        (await TakeAsync()).Message.Id.ShouldBe("now");
        (await TakeAsync()).Message.Id.ShouldBe("later");
        DateTimeOffset.UtcNow.ShouldBeGreaterThanOrEqualTo(due.AddMilliseconds(-50));
    }

    [Fact]
    public async Task A_message_that_expires_at_the_broker_is_a_dead_letter_that_says_so()
    {
        await Queue.ConnectAsync(Stop);
        await PublishAsync("1", new BasicProperties { MessageId = "late", Expiration = "50" });
        await Until.TrueAsync(async () => (await Queue.InspectAsync(Stop)).DeadLetters == 1, "the message expired");

        var letter = (await Queue.ListDeadLettersAsync(10, null, Stop)).Letters.Single();

        letter.Message.Id.ShouldBe("late");
        letter.Error.ShouldNotBeNull().ShouldContain("expired");
        letter.LastFailedAt.ShouldNotBeNull();
        (await Queue.RetryDeadLettersAsync(["late"], Stop)).ShouldBe(1);
        (await TakeAsync()).Message.Id.ShouldBe("late");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_payload_is_taken_up_to_the_limit_and_one_over_it_is_told_with_both_numbers(int over)
    {
        var limit = RabbitServer.MaxMessageSize;
        await using var told = Rabbit.Queue(server, Name, options => options with { MaxMessageSize = limit });
        var message = new QueueMessage { Body = new byte[limit + over] };

        // Only the broker knows its limit where the manifest does not say it.
        foreach (var queue in new[] { told, Queue })
        {
            if (over == 0)
            {
                await queue.PutAsync([message], Stop);
                continue;
            }

            var error = await Should.ThrowAsync<MessageTooLargeException>(() => queue.PutAsync([message], Stop));
            error.Size.ShouldBe(limit + over);
            error.Limit.ShouldBe(limit);
            queue.MaxMessageSize.ShouldBe(limit);
        }

        if (over > 0) return;
        var lease = await TakeAsync();
        lease.Message.Body.Length.ShouldBe(limit);
        (await Queue.CompleteAsync(lease, Done, Stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_queue_that_somebody_deletes_is_made_anew()
    {
        await Queue.ConnectAsync(Stop);
        var waiting = TakeAgainAsync();
        await Until.TrueAsync(async () => (await Channel.ConsumerCountAsync(Name, Stop)) > 0, "somebody waited");
        await Channel.QueueDeleteAsync(Name, cancellationToken: Stop);

        await Until.TrueAsync(() => PutAgainAsync(), "the queue was there again");

        TextOf((await waiting).Message).ShouldBe("again");
    }

    [Fact]
    public async Task Python_puts_and_gets_its_answer()
    {
        await Queue.ConnectAsync(Stop);
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "ask.py"), $"{server.Port}", Name])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var lease = await TakeAsync();
        TextOf(lease.Message).ShouldBe("""{"number": 7907}""");
        lease.Message.Caller.ShouldBe("python");
        lease.Message.Endpoint.ShouldBe("/perform");
        lease.Message.Properties["attempted"].ShouldBe("3");

        await Queue.PublishAsync(lease.Message.ReplyTo!, """{"result": true}"""u8.ToArray(), lease.Message.Id, Stop);
        await Queue.CompleteAsync(lease, Done, Stop);

        var answer = await python.StandardOutput.ReadToEndAsync(Stop);
        var errors = await python.StandardError.ReadToEndAsync(Stop);
        await python.WaitForExitAsync(Stop);
        python.ExitCode.ShouldBe(0, errors);
        using var json = JsonDocument.Parse(answer);
        json.RootElement.GetProperty("correlation_id").GetString().ShouldBe("corr-1");
        json.RootElement.GetProperty("body").GetString().ShouldBe("""{"result": true}""");
    }

    private static string TextOf(QueueMessage message) => Encoding.UTF8.GetString(message.Body.Span);

    private async Task PublishAsync(string body, BasicProperties properties) =>
        await Channel.BasicPublishAsync("", Name, mandatory: true, properties, Encoding.UTF8.GetBytes(body), Stop);

    private Task DepthBecomesAsync(long depth) =>
        Until.TrueAsync(async () => (await Queue.InspectAsync(Stop)).Depth == depth, $"{depth} messages wait");

    private async Task<QueueLease> TakeAsync()
    {
        QueueLease? lease = null;
        await Until.TrueAsync(
            async () =>
            {
                lease = (await Queue.ReceiveAsync(1, Lease, Stop)).SingleOrDefault();
                return lease is not null;
            },
            "a message came");
        return lease!;
    }

    private async Task<QueueLease> TakeAgainAsync()
    {
        while (true)
        {
            try
            {
                return await TakeAsync();
            }
            catch (QueueUnavailableException)
            {
                await Task.Delay(20, Stop);
            }
        }
    }

    private async Task<bool> PutAgainAsync()
    {
        try
        {
            await Queue.PutAsync([new QueueMessage { Body = "again"u8.ToArray() }], Stop);
            return true;
        }
        catch (QueueUnavailableException)
        {
            return false;
        }
    }

    private async Task<BasicGetResult> GetAsync(string queue)
    {
        BasicGetResult? got = null;
        await Until.TrueAsync(async () => (got = await Channel.BasicGetAsync(queue, autoAck: true, Stop)) is not null, "a message came");
        return got!;
    }
}
