using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class AccessLogTests
{
    private readonly RecordingLogger<AccessLogTests> _log = new();

    [Fact]
    public void Arrival_is_debug_and_the_answer_info()
    {
        AccessLog.Arrived(_log, "POST", "/api/v1/perform", isProbe: false);
        AccessLog.Answered(_log, "POST", "/api/v1/perform", 200, isProbe: false);

        _log.Lines.ShouldBe(
        [
            (LogLevel.Debug, "Request: POST /api/v1/perform"),
            (LogLevel.Information, "POST /api/v1/perform 200"),
        ]);
    }

    [Fact]
    public void A_probe_is_silent_until_it_fails()
    {
        AccessLog.Arrived(_log, "GET", "/ready", isProbe: true);
        AccessLog.Answered(_log, "GET", "/ready", 200, isProbe: true);
        AccessLog.Answered(_log, "GET", "/ready", 500, isProbe: true);

        _log.Lines.ShouldBe([(LogLevel.Information, "GET /ready 500")]);
    }

    [Theory]
    [InlineData("GET", "/live", true)]
    [InlineData("GET", "/ready/", true)]
    [InlineData("HEAD", "/health", true)]
    [InlineData("GET", "/metrics", true)]
    [InlineData("POST", "/metrics", false)]
    [InlineData("GET", "/api/v1/live", false)]
    [InlineData("GET", "/", false)]
    [InlineData("GET", "/livelihood", false)]
    public void Probes_and_scrapes_are_known_by_method_and_path(string method, string path, bool isProbe) =>
        AccessLog.IsProbe(method, path).ShouldBe(isProbe);
}
