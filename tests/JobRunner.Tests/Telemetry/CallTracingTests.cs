using System.Diagnostics;
using JobRunner.Telemetry;
using JobRunner.Telemetry.Tracing;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

/// <summary>Listeners hear the spans of the whole process, so these tests run alone.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class TracingTests;

[Collection<TracingTests>]
public sealed class CallTracingTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void An_http_call_is_a_server_span_below_the_callers_with_the_conventions_attributes()
    {
        using var spans = new Spans();
        var request = Request("/pub/job/adder/1.0/api/v1/perform");

        using (var span = CallTracing.StartHttp(request, "/api/v1/traced"))
            span.Ended(200, null);

        var recorded = spans.Of("POST /api/v1/traced");
        recorded.Kind.ShouldBe(ActivityKind.Server);
        recorded.ParentId.ShouldBe(Parent);
        recorded.TraceStateString.ShouldBe("vendor=1");
        recorded.Status.ShouldBe(ActivityStatusCode.Unset);
        recorded.TagObjects.ToDictionary().ShouldBe(
            new Dictionary<string, object?>
            {
                ["http.request.method"] = "POST",
                ["http.route"] = "/api/v1/traced",
                ["url.scheme"] = "http",
                ["url.path"] = "/pub/job/adder/1.0/api/v1/perform",
                ["network.protocol.version"] = "1.1",
                ["server.address"] = "example.org",
                ["server.port"] = 7000,
                ["user_agent.original"] = "curl/8",
                ["http.response.status_code"] = 200,
            },
            ignoreOrder: true);
    }

    [Fact]
    public void A_message_is_a_consumer_span_below_the_senders()
    {
        using var spans = new Spans();

        using (var span = CallTracing.StartMessage(new MessageFacts
        {
            System = "redis", Destination = "math", Endpoint = "/perform", Id = "m-1", Attempt = 2, TraceParent = Parent,
        }))
            span.Ended(200, null);

        var recorded = spans.Of("process math");
        recorded.Kind.ShouldBe(ActivityKind.Consumer);
        recorded.ParentId.ShouldBe(Parent);
        recorded.GetTagItem("messaging.system").ShouldBe("redis");
        recorded.GetTagItem("messaging.destination.name").ShouldBe("math");
        recorded.GetTagItem("messaging.operation.type").ShouldBe("process");
        recorded.GetTagItem("messaging.message.id").ShouldBe("m-1");
        recorded.GetTagItem("jobrunner.attempt").ShouldBe(2);
    }

    [Theory]
    [InlineData(200, false, ActivityStatusCode.Unset, null)]
    [InlineData(400, true, ActivityStatusCode.Unset, "System.ArgumentException")]
    [InlineData(429, false, ActivityStatusCode.Unset, null)]
    [InlineData(500, true, ActivityStatusCode.Error, "System.ArgumentException")]
    [InlineData(503, false, ActivityStatusCode.Error, "503")]
    public void A_server_span_is_an_error_from_500_on(int status, bool threw, ActivityStatusCode code, string? errorType)
    {
        using var spans = new Spans();

        using (var span = CallTracing.StartHttp(Request("/"), "/outcome"))
            span.Ended(status, threw ? new ArgumentException("bad") : null);

        var recorded = spans.Of("POST /outcome");
        recorded.Status.ShouldBe(code);
        recorded.GetTagItem("error.type").ShouldBe(errorType);
        recorded.Events.Count().ShouldBe(threw ? 1 : 0);
    }

    [Fact]
    public void A_failed_message_is_an_error_whatever_its_status()
    {
        using var spans = new Spans();

        using (var span = CallTracing.StartMessage(new MessageFacts { System = "memory", Destination = "bad", Endpoint = "/" }))
            span.Ended(400, new ArgumentException("bad"));

        spans.Of("process bad").Status.ShouldBe(ActivityStatusCode.Error);
    }

    [Fact]
    public void A_span_without_a_parent_is_a_root_even_below_an_activity_of_the_web_server()
    {
        using var spans = new Spans();
        using var server = new Activity("Microsoft.AspNetCore.Hosting.HttpRequestIn").Start();

        using (var span = CallTracing.StartMessage(new MessageFacts { System = "memory", Destination = "root", Endpoint = "/" }))
        {
            Activity.Current.ShouldBeSameAs(span.Activity);
            CallTracing.CurrentTraceParent.ShouldBe(span.Activity!.Id);
        }

        spans.Of("process root").ParentId.ShouldBeNull();
        Activity.Current.ShouldBeSameAs(server);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-00")]
    [InlineData("")]
    public void A_parent_that_cannot_be_read_is_no_parent(string traceParent)
    {
        using var spans = new Spans();
        var request = Request("/");
        request.Headers["traceparent"] = traceParent;

        CallTracing.StartHttp(request, "/orphan").Dispose();

        spans.Of("POST /orphan").ParentId.ShouldBeNull();
    }

    [Fact]
    public void Where_nobody_records_the_callers_context_is_passed_on()
    {
        using (CallScope.Begin(new CallIdentity(TraceParent: Parent)))
            CallTracing.CurrentTraceParent.ShouldBe(Parent);

        CallTracing.CurrentTraceParent.ShouldBeNull();
    }

    [Fact]
    public void Nothing_is_allocated_where_nobody_listens()
    {
        var request = Request("/");
        void Call()
        {
            using var http = CallTracing.StartHttp(request, "/silent");
            using var message = CallTracing.StartMessage(
                new MessageFacts { System = "memory", Destination = "silent", Endpoint = "/" });
            http.Ended(500, null);
        }

        for (var i = 0; i < 100; i++)
            Call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Call();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static HttpRequest Request(string path)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = "POST";
        request.Scheme = "http";
        request.Protocol = "HTTP/1.1";
        request.Host = new HostString("example.org", 7000);
        request.Path = path;
        request.Headers.UserAgent = "curl/8";
        request.Headers["traceparent"] = Parent;
        request.Headers["tracestate"] = "vendor=1";
        return request;
    }

    private sealed class Spans : IDisposable
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<Activity> _stopped = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == CallTracing.SourceName,
                Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _stopped.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public Activity Of(string name) => _stopped.Where(span => span.OperationName == name).ShouldHaveSingleItem();

        public void Dispose() => _listener.Dispose();
    }
}
