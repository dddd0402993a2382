using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using JobRunner.Telemetry;
using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.Logging;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class ForgedLineTests
{
    private const string Forged = "\n[2026-01-01 00:00:00] INFO  all is well\r\n\"lvl\":\"INFO\"\u0085\u2028\u2029\e[2J\0\b\u007f\u009b\u202e\ud800 end";

    public static TheoryData<bool, string> Ways()
    {
        var ways = new TheoryData<bool, string>();
        foreach (var structured in new[] { false, true })
        {
            foreach (var way in Writers.Keys)
                ways.Add(structured, way);
        }

        return ways;
    }

    private static readonly Dictionary<string, Action<ILogger>> Writers = new(StringComparer.Ordinal)
    {
        ["template"] = static log => log.LogInformation(Forged),
        ["argument"] = static log => log.LogInformation("{Value}", Forged),
        ["object"] = static log => log.LogInformation("{Value}", new Sneaky()),
        ["list"] = static log => log.LogInformation("{Value}", [new[] { Forged }]),
        ["path"] = static log => AccessLog.Answered(log, "GET", "/x" + Forged, 200, isProbe: false),
        ["method"] = static log => AccessLog.Arrived(log, "GET" + Forged, "/", isProbe: false),
        ["scope value"] = static log =>
        {
            using (log.BeginScope(new Dictionary<string, object> { ["key"] = Forged }))
                log.LogInformation("hello");
        },
        ["scope key"] = static log =>
        {
            using (log.BeginScope(new Dictionary<string, object> { [Forged] = 1 }))
                log.LogInformation("hello");
        },
        ["tracing id"] = static log =>
        {
            using (CallScope.Begin(new CallIdentity(Forged, Forged)))
                log.LogInformation("hello");
        },
        ["exception"] = static log => log.LogError(Failures.Wrapped(Forged), "hello"),
        ["failed call"] = static log => CallLog.Failed(log, "/x" + Forged, Failures.Wrapped(Forged)),
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void No_text_can_start_a_line_or_move_the_cursor(bool structured, string way)
    {
        using var log = new LogCapture(new LogOptions(LogLevel.Debug, structured, CallerName: true));

        Writers[way](log.Logger);

        var text = log.Text();
        text.ShouldEndWith("\n");
        var line = text[..^1];
        line.ShouldNotContain(c => char.IsControl(c) || c == '\u2028' || c == '\u2029');
        line.Replace('_', ' ').ShouldContain("all is well");
        if (structured)
        {
            JsonDocument.Parse(line).RootElement.GetProperty("lvl").GetString()
                .ShouldBe(way switch { "exception" or "failed call" => "ERROR", "method" => "DEBUG", _ => "INFO" });
        }
    }

    [Fact]
    public void Whatever_the_text_a_line_is_one_line_and_structured_text_reads_back() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll<NonNull<string>>(text =>
        {
            Format(new ConsoleLineFormatter(colours: false), text.Get).ShouldNotContain(c => char.IsControl(c));
            var json = Format(new JsonLineFormatter(), text.Get);
            json.ShouldNotContain(c => char.IsControl(c));
            // What is no Unicode text cannot be UTF-8.
            JsonDocument.Parse(json).RootElement.GetProperty("key").GetString()
                .ShouldBe(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get)));
        }));

    [Fact]
    public void An_escape_shows_what_was_there()
    {
        using var log = new LogCapture(new LogOptions());

        log.Logger.LogInformation("{Value}", "a\tb\nc\u0085d\u202ee\U0001F600");

        log.Lines().ShouldHaveSingleItem().ShouldEndWith(@"a\tb\nc\u0085d\u202ee" + "\U0001F600");
    }

    private static string Format(ITextFormatter format, string text)
    {
        using var output = new StringWriter();
        format.Format(
            new LogEvent(
                DateTimeOffset.UnixEpoch,
                LogEventLevel.Information,
                null,
                new MessageTemplateParser().Parse("{key}"),
                [new LogEventProperty("key", new ScalarValue(text))]),
            output);
        output.ToString().ShouldEndWith("\n");
        return output.ToString()[..^1];
    }

    private sealed class Sneaky
    {
        public override string ToString() => Forged;
    }
}
