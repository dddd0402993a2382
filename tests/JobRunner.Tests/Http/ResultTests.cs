using System.Net.Http.Headers;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>"Results" and "Errors raised by a job".</summary>
public sealed class ResultTests(ServedFixture<ResultJob> served) : IClassFixture<ServedFixture<ResultJob>>
{
    [Theory]
    [InlineData("sync", """{"firstName":"a","last_name":"b"}""")]
    [InlineData("task", "1")]
    [InlineData("plain-task", "null")]
    [InlineData("value-task", "2")]
    [InlineData("plain-value-task", "null")]
    [InlineData("nan", "[null,null,1.5]")]
    [InlineData("floats", "[null,null,[[null]]]")]
    [InlineData("derived", """{"good-boy":true,"firstName":"Rex"}""")]
    [InlineData("derived-in-list", """[{"good-boy":true,"firstName":"Rex"},1,"x"]""")]
    [InlineData("dictionary", """{"keepAs_Is":1}""")]
    [InlineData("unicode", "\"é<&>\\u2028\"")]
    [InlineData("lone-surrogate", "\"\\uFFFD\"")]
    [InlineData("null", "null")]
    [InlineData("lazy", "[1,2]")]
    [InlineData("items", """[{"number":1},null]""")]
    [InlineData("items-task", """[{"number":1},null]""")]
    [InlineData("no-items", "[]")]
    [InlineData("bytes", "\"AQID\"")]
    [InlineData("element", """{"a":1.10}""")]
    public async Task A_result_is_bare_json(string endpoint, string json)
    {
        var answer = await served.Host.CallAsync($"/{endpoint}", "{}");

        (answer.Status, answer.Body, answer.ContentType).ShouldBe((200, json, "application/json"));
    }

    [Theory]
    [InlineData("result", 202, "text/x-own; charset=utf-8", "plain")]
    [InlineData("file", 200, "application/octet-stream", "\u0001\u0002\u0003")]
    [InlineData("memory", 200, "application/octet-stream", "\u0001\u0002\u0003")]
    [InlineData("picture", 200, "image/png", "\u0001\u0002\u0003")]
    [InlineData("page", 200, "text/html; charset=utf-8", "<p>é</p>")]
    public async Task A_result_that_is_no_json_is_written_as_it_is(string endpoint, int status, string mediaType, string body)
    {
        var answer = await served.Host.CallAsync($"/{endpoint}", "{}");

        (answer.Status, answer.Body, answer.ContentType).ShouldBe((status, body, mediaType));
    }

    [Theory]
    [InlineData("delegate", "Action")]
    [InlineData("loop", "Loop")]
    [InlineData("getter-throws", "Broken")]
    [InlineData("pointer", "AnonymousType")]
    [InlineData("items-unserialisable", "Loop")]
    public async Task A_result_that_cannot_be_written_is_a_500_that_names_the_type(string endpoint, string type)
    {
        var answer = await served.Host.CallAsync($"/{endpoint}", "{}");

        answer.Status.ShouldBe(500, answer.Body);
        answer.Error.ShouldContain($"{type}");
        answer.Error.ShouldContain("cannot be written as JSON");
    }

    [Theory]
    [InlineData("argument", 400, "ArgumentException")]
    [InlineData("argument-null", 400, "ArgumentNullException")]
    [InlineData("format", 400, "FormatException")]
    [InlineData("validation", 400, "ValidationException")]
    [InlineData("json", 400, "JsonException")]
    [InlineData("unauthorized", 401, "UnauthorizedAccessException")]
    [InlineData("entity", 404, "EntityNotFoundException")]
    [InlineData("key", 404, "KeyNotFoundException")]
    [InlineData("file", 404, "FileNotFoundException")]
    [InlineData("exists", 409, "AlreadyExistsException")]
    [InlineData("teapot", 418, "TeapotException")]
    [InlineData("small-teapot", 418, "SmallTeapotException")]
    [InlineData("timeout", 500, "TimeoutException")]
    [InlineData("cancelled", 500, "OperationCanceledException")]
    [InlineData("aggregate-of-one", 404, "KeyNotFoundException")]
    [InlineData("aggregate-of-two", 500, "AggregateException")]
    [InlineData("nested", 500, "InnerException")]
    [InlineData("odd-text", 500, "InvalidOperationException")]
    [InlineData("other", 500, "InvalidOperationException")]
    public async Task An_exception_has_its_status(string thrown, int status, string type)
    {
        var answer = await served.Host.CallAsync("/throw", $"{{\"type\":\"{thrown}\"}}");

        answer.Status.ShouldBe(status, answer.Body);
        answer.Json.AsObject().Select(entry => entry.Key).ShouldBe(["error", "type"]);
        ((string)answer.Json["type"]!).ShouldBe(type);
        answer.Body.ShouldNotContain(" at ");
    }

    [Theory]
    [InlineData("lazy-throws", "no second item")]
    [InlineData("items-throw-first", "no first item")]
    public async Task A_sequence_that_throws_before_anything_was_sent_has_the_errors_status(string endpoint, string error)
    {
        var answer = await served.Host.CallAsync($"/{endpoint}", "{}");

        (answer.Status, answer.Error).ShouldBe((404, error));
    }

    [Fact]
    public async Task Half_an_array_does_not_look_whole() =>
        await Should.ThrowAsync<HttpRequestException>(() => served.Host.CallAsync("/items-throw-later", "{}"));

    [Theory]
    [InlineData("items", "data: {\"number\":1}\n\ndata: null\n\n")]
    [InlineData("no-items", "")]
    [InlineData("items-throw-later", "data: 1\n\nevent: error\ndata: {\"error\":\"no second item\",\"type\":\"KeyNotFoundException\"}\n\n")]
    public async Task A_stream_is_sent_as_events_where_they_are_asked_for(string endpoint, string events)
    {
        var answer = await served.Host.SendAsync(EventRequest(endpoint));

        (answer.Status, answer.Body, answer.ContentType).ShouldBe((200, events, "text/event-stream"));
    }

    [Fact]
    public async Task An_event_stream_that_throws_first_has_the_errors_status()
    {
        var answer = await served.Host.SendAsync(EventRequest("items-throw-first"));

        (answer.Status, answer.ContentType).ShouldBe((404, "application/json"));
    }

    [Fact]
    public async Task A_stream_ends_when_its_client_leaves()
    {
        using (var response = await served.Host.Client.SendAsync(EventRequest("cancel"), HttpCompletionOption.ResponseHeadersRead))
        {
            await using var body = await response.Content.ReadAsStreamAsync();
            (await body.ReadAsync(new byte[16])).ShouldBeGreaterThan(0);
        }

        await ResultJob.Left.Task.WaitAsync(TestHost.Patience);
    }

    [Theory]
    [InlineData("slow", "0.05")]
    [InlineData("deaf", "0.05")]
    [InlineData("items-slow", "0.05")]
    public async Task A_call_that_takes_longer_than_its_client_waits_is_a_504(string endpoint, string seconds)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{endpoint}");
        request.Headers.Add("X-Request-Timeout", seconds);

        var answer = await served.Host.SendAsync(request);
        (answer.Status, (string)answer.Json["type"]!).ShouldBe((504, "TimeoutException"));
        answer.Json["detail"].ShouldBeNull();
    }

    [Fact]
    public async Task A_stream_that_takes_longer_than_its_client_waits_is_broken_off()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/cancel");
        request.Headers.Add("X-Request-Timeout", "0.2");

        await Should.ThrowAsync<HttpRequestException>(() => served.Host.SendAsync(request));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("NaN")]
    [InlineData("1e3")]
    public async Task A_timeout_that_is_none_is_a_400(string seconds)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/task");
        request.Headers.Add("X-Request-Timeout", seconds);

        (await served.Host.SendAsync(request)).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task An_answer_is_compressed_for_clients_that_ask(string encoding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/items");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));

        using var response = await served.Host.Client.SendAsync(request);

        response.Content.Headers.ContentEncoding.ShouldBe([encoding]);
        (await response.Content.ReadAsByteArrayAsync()).ShouldNotBeEmpty();
    }

    private static HttpRequestMessage EventRequest(string endpoint)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{endpoint}");
        request.Headers.Accept.ParseAdd("text/event-stream");
        return request;
    }
}
