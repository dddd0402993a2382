using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace JobRunner.Samples.Tests;

public sealed class StreamingTests
{
    [Fact]
    public async Task Steps_are_a_json_array()
    {
        await using var server = await SampleServer.StartAsync<Collatz>("Streaming");
        var steps = await server.ResultOfAsync("/perform", new { number = 6 });
        steps.EnumerateArray().Select(step => step.GetProperty("number").GetInt64()).ShouldBe([6, 3, 10, 5, 16, 8, 4, 2, 1]);
    }

    [Fact]
    public async Task Steps_are_events_where_the_client_asks_for_them()
    {
        await using var server = await SampleServer.StartAsync<Collatz>("Streaming");
        using var response = await SendForEventsAsync(server, new { number = 4 });
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        var numbers = new List<long>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
            numbers.Add(JsonSerializer.Deserialize<JsonElement>(item.Data).GetProperty("number").GetInt64());
        numbers.ShouldBe([4, 2, 1]);
    }

    [Fact]
    public async Task The_first_step_arrives_before_the_last_is_made()
    {
        await using var server = await SampleServer.StartAsync<Collatz>("Streaming");
        using var response = await SendForEventsAsync(server, new { number = 2, pause = 10 });
        await using var events = SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
        (await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(8))).ShouldBeTrue();
        events.Current.Data.ShouldContain("\"number\":2");
    }

    [Fact]
    public async Task A_start_out_of_range_is_refused_before_anything_is_sent()
    {
        await using var server = await SampleServer.StartAsync<Collatz>("Streaming");
        using var response = await SendForEventsAsync(server, new { number = 0 });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static Task<HttpResponseMessage> SendForEventsAsync(SampleServer server, object payload)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/perform") { Content = JsonContent.Create(payload) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        return server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
