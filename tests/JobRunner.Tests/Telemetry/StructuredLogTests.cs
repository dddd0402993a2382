using System.Globalization;
using System.Text.Json;
using JobRunner.Telemetry;
using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class StructuredLogTests
{
    private static readonly LogOptions Structured = new(Structured: true);

    [Fact]
    public void A_line_is_an_object_with_time_level_message_and_properties()
    {
        using var log = new LogCapture(Structured);
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        log.Logger.LogInformation("Loaded {Count} of {Total} from {Source}", 3, 4.5, "disk");

        var line = log.Objects().ShouldHaveSingleItem();
        var time = line.GetProperty("time").GetString()!;
        time.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$");
        DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ShouldBeInRange(before, DateTimeOffset.UtcNow);
        line.GetProperty("lvl").GetString().ShouldBe("INFO");
        line.GetProperty("msg").GetString().ShouldBe("Loaded 3 of 4.5 from disk");
        line.GetProperty("logger").GetString().ShouldBe("MyJob");
        line.GetProperty("Count").GetInt32().ShouldBe(3);
        line.GetProperty("Total").GetDouble().ShouldBe(4.5);
        line.GetProperty("Source").GetString().ShouldBe("disk");
        line.EnumerateObject().Select(property => property.Name).Take(3).ShouldBe(["time", "lvl", "msg"]);
    }

    [Theory]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Information, "INFO")]
    [InlineData(LogLevel.Warning, "WARNING")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "CRITICAL")]
    public void Levels_have_the_names_collectors_know(LogLevel level, string name)
    {
        using var log = new LogCapture(Structured);

        log.Logger.Log(level, "hello");

        log.Objects().ShouldHaveSingleItem().GetProperty("lvl").GetString().ShouldBe(name);
    }

    [Fact]
    public void What_is_absent_has_no_key()
    {
        using var log = new LogCapture(Structured);

        log.Logger.LogInformation("hello");

        log.Objects().ShouldHaveSingleItem().EnumerateObject().Select(property => property.Name)
            .ShouldBe(["time", "lvl", "msg", "logger"]);
    }

    [Fact]
    public void A_failed_call_has_cause_and_traceback()
    {
        using var log = new LogCapture(Structured);

        using (CallScope.Begin(new CallIdentity("abc")))
            CallLog.Failed(log.Logger, "/perform", Failures.Wrapped());

        var line = log.Objects().ShouldHaveSingleItem();
        line.GetProperty("msg").GetString().ShouldBe("/perform failed: could not compute");
        line.GetProperty("cause").GetString().ShouldBe("DivideByZeroException");
        line.GetProperty("traceback").GetString()!.ShouldMatch(@"^[^\n]*Failures\.cs:\d+, [^\n]*Failures\.cs:\d+$");
        line.GetProperty("tracing_id").GetString().ShouldBe("abc");
        line.TryGetProperty("error", out _).ShouldBeFalse();
    }

    [Fact]
    public void An_exception_that_was_never_thrown_has_no_traceback()
    {
        using var log = new LogCapture(Structured);

        log.Logger.LogError(new InvalidOperationException("no luck"), "Giving up");

        var line = log.Objects().ShouldHaveSingleItem();
        line.GetProperty("error").GetString().ShouldBe("no luck");
        line.GetProperty("cause").GetString().ShouldBe("InvalidOperationException");
        line.TryGetProperty("traceback", out _).ShouldBeFalse();
    }

    [Fact]
    public void A_property_cannot_replace_a_key_of_the_line()
    {
        using var log = new LogCapture(Structured);

        using (log.Logger.BeginScope(new Dictionary<string, object>
        {
            ["time"] = "a", ["lvl"] = "b", ["msg"] = "c", ["cause"] = "d",
        }))
            log.Logger.LogError(Failures.Wrapped(), "hello");

        var line = log.Objects().ShouldHaveSingleItem();
        line.GetProperty("lvl").GetString().ShouldBe("ERROR");
        line.GetProperty("msg").GetString().ShouldBe("hello");
        line.GetProperty("cause").GetString().ShouldBe("DivideByZeroException");
        line.GetProperty("time_").GetString().ShouldBe("a");
        line.EnumerateObject().Select(property => property.Name).ShouldBeUnique();
    }

    [Fact]
    public void Values_keep_their_structure()
    {
        using var log = new LogCapture(Structured);

        log.Logger.LogInformation(
            "{List} {@Object} {Map} {Nothing} {NotANumber}",
            new[] { 1, 2 },
            new { Name = "x", Inner = new { Deep = true } },
            new Dictionary<string, int> { ["a"] = 1 },
            null,
            double.NaN);

        var line = log.Objects().ShouldHaveSingleItem();
        line.GetProperty("List").GetRawText().ShouldBe("[1,2]");
        line.GetProperty("Object").GetProperty("Inner").GetProperty("Deep").GetBoolean().ShouldBeTrue();
        line.GetProperty("Map").GetProperty("a").GetInt32().ShouldBe(1);
        line.GetProperty("Nothing").ValueKind.ShouldBe(JsonValueKind.Null);
        line.GetProperty("NotANumber").GetString().ShouldBe("NaN");
    }
}
