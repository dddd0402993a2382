using JobRunner.Telemetry;
using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class LogOptionsTests
{
    [Theory]
    [InlineData(null, LogLevel.Debug)]
    [InlineData("", LogLevel.Debug)]
    [InlineData("debug", LogLevel.Debug)]
    [InlineData("Info", LogLevel.Information)]
    [InlineData("warn", LogLevel.Warning)]
    [InlineData("warning", LogLevel.Warning)]
    [InlineData("ERROR", LogLevel.Error)]
    [InlineData("crit", LogLevel.Critical)]
    [InlineData("off", LogLevel.None)]
    public void A_level_is_one_of_the_known_words(string? word, LogLevel level) =>
        Read("LOG_LEVEL", word).Level.ShouldBe(level);

    [Fact]
    public void An_unknown_level_is_refused_with_the_words_that_are_known() =>
        Should.Throw<FormatException>(() => Read("LOG_LEVEL", "loud")).Message
            .ShouldBe("LOG_LEVEL is 'loud', but must be one of debug, info, warn, error, crit and off.");

    [Theory]
    [InlineData("true", true)]
    [InlineData("TRUE", true)]
    [InlineData("yes", true)]
    [InlineData("Y", true)]
    [InlineData("t", true)]
    [InlineData("1", true)]
    [InlineData("false", false)]
    [InlineData("0", false)]
    [InlineData("on", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_flag_is_on_for_the_words_that_say_so(string? word, bool on)
    {
        EnvironmentFlag.IsOn(word).ShouldBe(on);
        Read("LOG_STRUCTURED", word).Structured.ShouldBe(on);
        Read("LOG_CALLER_NAME", word).CallerName.ShouldBe(on);
    }

    private static LogOptions Read(string key, string? value) => LogOptions.From(
        new ConfigurationBuilder().AddInMemoryCollection([new KeyValuePair<string, string?>(key, value)]).Build());
}
