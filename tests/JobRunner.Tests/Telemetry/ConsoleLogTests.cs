using JobRunner.Telemetry;
using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class ConsoleLogTests
{
    [Fact]
    public void A_line_is_time_level_message_and_the_properties_the_message_does_not_show()
    {
        using var log = new LogCapture(new LogOptions());

        using (log.Logger.BeginScope(new Dictionary<string, object> { ["model"] = "v1", ["note"] = "two words" }))
            log.Logger.LogInformation("Loaded {Count} items from {Source}", 3, "a file");

        log.Lines().ShouldHaveSingleItem()
            .ShouldMatch("""^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO  Loaded 3 items from a file, model=v1, note="two words"$""");
    }

    [Theory]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Information, "INFO ")]
    [InlineData(LogLevel.Warning, "WARN ")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "CRIT ")]
    public void A_level_has_five_letters(LogLevel level, string name)
    {
        using var log = new LogCapture(new LogOptions());

        log.Logger.Log(level, "hello");

        log.Lines().ShouldHaveSingleItem().ShouldEndWith($"] {name} hello");
    }

    [Fact]
    public void Only_a_terminal_gets_colours()
    {
        using var plain = new LogCapture(new LogOptions());
        using var coloured = new LogCapture(new LogOptions(), colours: true);

        plain.Logger.LogError("hello");
        coloured.Logger.LogError("hello");

        plain.Text().ShouldNotContain("\e");
        coloured.Text().ShouldContain("\e[1;31mERROR\e[0m hello");
    }

    [Fact]
    public void A_failed_call_is_one_line_with_cause_and_traceback()
    {
        using var log = new LogCapture(new LogOptions());

        CallLog.Failed(log.Logger, "/perform", Failures.Wrapped());

        var line = log.Lines().ShouldHaveSingleItem();
        line.ShouldContain("ERROR /perform failed: could not compute, ");
        line.ShouldContain(", cause=DivideByZeroException");
        line.ShouldMatch("""traceback="?[^"]*Failures\.cs:\d+, [^"]*Failures\.cs:\d+"?""");
    }

    [Fact]
    public void The_message_of_an_exception_is_shown_when_the_line_lacks_it()
    {
        using var log = new LogCapture(new LogOptions());

        log.Logger.LogWarning(new InvalidOperationException("no luck"), "Trying again");

        log.Lines().ShouldHaveSingleItem().ShouldContain("Trying again, error=\"no luck\", cause=InvalidOperationException");
    }

    [Theory]
    [InlineData(LogLevel.Debug, 5)]
    [InlineData(LogLevel.Information, 4)]
    [InlineData(LogLevel.Warning, 3)]
    [InlineData(LogLevel.Error, 2)]
    [InlineData(LogLevel.Critical, 1)]
    [InlineData(LogLevel.None, 0)]
    public void Lines_below_the_level_are_left_out(LogLevel level, int lines)
    {
        using var log = new LogCapture(new LogOptions(level));

        for (var each = LogLevel.Trace; each < LogLevel.None; each++)
            log.Logger.Log(each, "hello");

        log.Lines().Count.ShouldBe(lines);
    }

    [Theory]
    [InlineData(LogLevel.Debug, 1)]
    [InlineData(LogLevel.Warning, 1)]
    [InlineData(LogLevel.Error, 0)]
    [InlineData(LogLevel.None, 0)]
    public void The_frameworks_own_chatter_starts_at_warning(LogLevel level, int lines)
    {
        using var log = new LogCapture(new LogOptions(level));

        log.For("Microsoft.AspNetCore.Routing.EndpointMiddleware").LogInformation("Executing endpoint");
        log.For("Microsoft.AspNetCore.Server.Kestrel").LogWarning("Slow");
        log.For("System.Net.Http.HttpClient.Default").LogInformation("Sending");

        log.Lines().Count.ShouldBe(lines);
    }

    [Fact]
    public void The_tracing_id_of_the_call_is_always_added()
    {
        using var log = new LogCapture(new LogOptions());

        using (CallScope.Begin(new CallIdentity("abc", "alice")))
            log.Logger.LogInformation("hello");
        log.Logger.LogInformation("bye");

        log.Lines()[0].ShouldEndWith("hello, tracing_id=abc");
        log.Lines()[1].ShouldEndWith("bye");
    }
}
