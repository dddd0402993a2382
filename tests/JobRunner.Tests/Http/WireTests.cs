using System.Net.Sockets;
using System.Text;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>What only a raw connection can do.</summary>
public sealed class WireTests(ServedFixture<EchoJob> served) : IClassFixture<ServedFixture<EchoJob>>
{
    private const string Head = "POST /api/v1/perform HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n";

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\n{\"value\":7}", "200")]
    [InlineData("Content-Length: 11\r\n\r\n{\"value\":7}trailing", "200")]
    [InlineData("Content-Length: 5\r\n\r\n{\"value\":7}", "422")]
    [InlineData("Content-Length: -1\r\n\r\n", "400")]
    [InlineData("Content-Length: 11\r\nContent-Length: 12\r\n\r\n{\"value\":7}", "400")]
    [InlineData("Content-Length: 99999999999999999999\r\n\r\n", "400")]
    [InlineData("Content-Length: 1000000000\r\n\r\n{", "413")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\n{\"val\r\n6\r\nue\":7}\r\n0\r\n\r\n", "200")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1;ext=1\r\n{\r\n0\r\nTrailer: x\r\n\r\n", "422")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n922337203685477580823\r\n{\r\n0\r\n\r\n", "400")]
    [InlineData("X-Caller-Name: a\u0001b\r\nContent-Length: 11\r\n\r\n{\"value\":7}", "200")]
    [InlineData("X-Caller-Name: a\0b\r\nContent-Length: 11\r\n\r\n{\"value\":7}", "400")]
    [InlineData("X-Request-Tracing-Id: a\r\nX-Request-Tracing-Id: b\r\nContent-Length: 11\r\n\r\n{\"value\":7}", "200")]
    [InlineData("Content-Length: 0\r\n\r\n", "400")]
    public async Task A_request_is_answered_whatever_its_frame_is(string rest, string status)
    {
        using var client = await ConnectAsync();
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(Head + rest));

        (await ReadAsync(client)).Split(' ')[1].ShouldBe(status);
    }

    [Fact]
    public async Task A_client_may_ask_before_it_sends_its_body()
    {
        using var client = await ConnectAsync();
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(Head + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n"));
        var buffer = new byte[64];
        var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(TestHost.Patience);
        Encoding.Latin1.GetString(buffer, 0, count).ShouldStartWith("HTTP/1.1 100");

        await stream.WriteAsync("{\"value\":7}"u8.ToArray());

        (await ReadAsync(client)).ShouldEndWith("\r\n\r\n7");
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_is_no_error_of_the_server()
    {
        await using var host = await TestHost.ServeAsync(new EchoJob());
        for (var count = 0; count < 20; count++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host.Address.Host, host.Address.Port);
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(Head + "Content-Length: 1000\r\n\r\n{\"value\":"));
            client.LingerState = new LingerOption(enable: count % 2 == 0, 0);
        }

        await WaitForAsync(async () => Value(await host.GetAsync("/metrics"), "commons_requests_done_total") >= 20);
        Value(await host.GetAsync("/metrics"), "commons_internal_server_errors_total").ShouldBe(0);
        (await host.CallAsync("/perform", "{\"value\":7}")).Body.ShouldBe("7");
    }

    [Fact]
    public async Task A_connection_carries_many_requests()
    {
        using var client = await ConnectAsync();
        const string one = "POST /api/v1/perform HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n{\"value\":7}";
        const string bad = "POST /api/v1/perform HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[]";
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(one + bad + one + Head + "Content-Length: 11\r\n\r\n{\"value\":8}"));

        var answers = await ReadAsync(client);

        answers.Split("HTTP/1.1 ").Skip(1).Select(answer => answer[..3]).ShouldBe(["200", "422", "200", "200"]);
    }

    [Fact]
    public async Task A_question_about_the_server_as_a_whole_is_answered_in_a_whole_sentence()
    {
        using var client = await ConnectAsync();
        await client.GetStream().WriteAsync("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());

        var answer = await ReadAsync(client);

        answer.ShouldStartWith("HTTP/1.1 405");
        answer.ShouldContain("OPTIONS is not allowed at *; use GET, HEAD");
    }

    private static double Value(Answer metrics, string name) => double.Parse(
        metrics.Body.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1]);

    private static async Task WaitForAsync(Func<Task<bool>> condition)
    {
        var deadline = DateTime.UtcNow + TestHost.Patience;
        while (!await condition())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue("the condition was not met in time");
            await Task.Delay(20);
        }
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(served.Host.Address.Host, served.Host.Address.Port);
        return client;
    }

    private static async Task<string> ReadAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(TestHost.Patience);
    }
}
