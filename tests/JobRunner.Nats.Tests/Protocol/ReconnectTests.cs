using System.Text;
using JobRunner.Nats.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Nats.Tests.Protocol;

public sealed class ReconnectTests
{
    [Fact]
    public async Task A_server_that_is_killed_and_comes_back_finds_its_subscriptions_again()
    {
        await using var server = await NatsServer.StartAsync();
        await using var client = server.Connect();
        await using var subscription = await client.SubscribeAsync("again");
        await client.PublishAsync("again", "one"u8.ToArray());
        NatsClientTests.Text(await subscription.Messages.ReadAsync().Soon()).ShouldBe("one");

        var lost = client.ConnectionLost;
        await server.KillAsync();
        await Eventually.IsTrueAsync(() => lost.IsCancellationRequested && !client.IsConnected, "the loss is noticed");
        client.ConnectionLost.IsCancellationRequested.ShouldBeTrue();
        await Eventually.IsTrueAsync(() => client.LastError is { } error && error.Contains($"{server.Port}", StringComparison.Ordinal), "the loss has a reason");

        var waiting = client.PublishAsync("again", "two"u8.ToArray());
        await server.StartAgainAsync();
        await waiting;
        NatsClientTests.Text(await subscription.Messages.ReadAsync().Soon()).ShouldBe("two");
        client.LastError.ShouldBeNull();
    }

    [Fact]
    public async Task A_request_under_way_fails_at_once_when_the_server_goes()
    {
        await using var server = await NatsServer.StartAsync();
        await using var client = server.Connect(options => options with { OperationTimeout = TimeSpan.FromHours(1) });
        await using var mute = await client.SubscribeAsync("mute");
        var request = client.RequestAsync("mute", default);
        await mute.Messages.ReadAsync().Soon();
        await server.KillAsync();
        await Should.ThrowAsync<NatsDisconnectedException>(request.Soon());
    }

    [Fact]
    public async Task The_next_server_of_the_list_takes_over()
    {
        await using var first = await NatsServer.StartAsync();
        await using var second = await NatsServer.StartAsync();
        await using var client = new NatsClient(first.Options(second.Port), TimeProvider.System, NullLogger<NatsClient>.Instance);
        await client.ConnectedAsync(default);
        var (used, other) = client.Server!.Port == first.Port ? (first, second) : (second, first);
        await used.KillAsync();
        await Eventually.IsTrueAsync(() => client.IsConnected && client.Server!.Port == other.Port, "the other server is used");
        await client.FlushAsync(default);
    }

    [Fact]
    public async Task Nothing_there_is_an_error_that_names_the_server()
    {
        var options = new NatsOptions
        {
            Servers = [new NatsAddress("127.0.0.1", NatsServer.FreePort())],
            Password = "s3cret",
            User = "worker",
            OperationTimeout = TimeSpan.FromMilliseconds(200),
        };
        await using var client = new NatsClient(options, TimeProvider.System, NullLogger<NatsClient>.Instance);
        var failure = await Should.ThrowAsync<NatsUnavailableException>(client.ConnectedAsync(default));
        failure.Message.ShouldContain($"127.0.0.1:{options.Servers[0].Port}");
        failure.Message.ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up()
    {
        await using var silent = SilentServer.Start("INFO {\"max_payload\":1000}\r\n", "PONG\r\n");
        var options = new NatsOptions
        {
            Servers = [new NatsAddress("127.0.0.1", silent.Port)],
            PingInterval = TimeSpan.FromMilliseconds(50),
            FirstRetryDelay = TimeSpan.FromMilliseconds(10),
        };
        await using var client = new NatsClient(options, TimeProvider.System, NullLogger<NatsClient>.Instance);
        await Eventually.IsTrueAsync(() => silent.Connections > 2, "the client tries again");
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("INFO {}\r\nINFO {}\r\n")]
    [InlineData("PING\r\n")]
    public async Task A_server_that_speaks_something_else_is_tried_again_with_a_reason(string greeting)
    {
        await using var other = SilentServer.Start(greeting, "");
        var options = new NatsOptions
        {
            Servers = [new NatsAddress("127.0.0.1", other.Port)],
            FirstRetryDelay = TimeSpan.FromMilliseconds(10),
            MaxRetryDelay = TimeSpan.FromMilliseconds(10),
            OperationTimeout = TimeSpan.FromMilliseconds(300),
        };
        await using var client = new NatsClient(options, TimeProvider.System, NullLogger<NatsClient>.Instance);
        await Eventually.IsTrueAsync(() => other.Connections > 1, "the client tries again");
        (await Should.ThrowAsync<NatsUnavailableException>(client.ConnectedAsync(default))).Message.ShouldContain("The server");
    }

    [Fact]
    public async Task A_client_that_is_closed_while_it_waits_says_so()
    {
        await using var silent = SilentServer.Start("", "");
        var client = new NatsClient(
            new NatsOptions { Servers = [new NatsAddress("127.0.0.1", silent.Port)], OperationTimeout = TimeSpan.FromHours(1) },
            TimeProvider.System,
            NullLogger<NatsClient>.Instance);
        var waiting = client.PublishAsync("a", Encoding.UTF8.GetBytes("b")).AsTask();
        await client.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(waiting.Soon());
    }
}
