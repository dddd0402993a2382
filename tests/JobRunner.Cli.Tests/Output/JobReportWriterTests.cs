using System.Text.Json;
using JobRunner.Cli.Output;

namespace JobRunner.Cli.Tests.Output;

public sealed class JobReportWriterTests
{
    private static readonly JobReport Report = new(
        "Shop.Adder",
        "Adds [numbers].",
        [
            new EndpointReport(
                "/perform",
                "POST",
                "The sum.",
                [
                    new ParameterReport("a", "int", "payload", Required: true, DefaultValue: null, ["Range"], "One of them."),
                    new ParameterReport("b", "string?", "payload", Required: false, JsonElement.Parse("\"x\""), [], null),
                ],
                "int",
                "What they make.",
                JsonElement.Parse("""{"a":1}""")),
        ],
        ["The example of /perform lacks b."]);

    [Fact]
    public void Tables_show_endpoints_parameters_examples_and_warnings()
    {
        using var output = new StringWriter();

        JobReportWriter.WriteTables(Report, output);

        var text = output.ToString();
        text.ShouldContain("Shop.Adder Adds [numbers].");
        text.ShouldContain("POST /perform The sum.");
        text.ShouldContain("required");
        text.ShouldContain("One of them. (Range)");
        text.ShouldContain("\"x\"");
        text.ShouldContain("returns int What they make.");
        text.ShouldContain("example {\"a\":1}");
        text.ShouldContain("warning: The example of /perform lacks b.");
    }

    [Fact]
    public void Escape_sequences_of_a_job_do_not_reach_the_terminal()
    {
        using var output = new StringWriter();

        JobReportWriter.WriteTables(Report with { Summary = "a\u001b[2Jb", Warnings = ["c\u001b]0;d\u0007"] }, output);

        output.ToString().ShouldNotContain('\u001b');
        output.ToString().ShouldContain("a\\u001b[2Jb");
    }

    [Fact]
    public void Json_is_one_object_with_snake_case_names()
    {
        using var output = new StringWriter();

        JobReportWriter.WriteJson(Report, output);

        using var json = JsonDocument.Parse(output.ToString());
        json.RootElement.GetProperty("job_class").GetString().ShouldBe("Shop.Adder");
        var endpoint = json.RootElement.GetProperty("endpoints")[0];
        endpoint.GetProperty("example").GetProperty("a").GetInt32().ShouldBe(1);
        endpoint.GetProperty("parameters")[0].GetProperty("required").GetBoolean().ShouldBeTrue();
        endpoint.GetProperty("parameters")[0].TryGetProperty("default_value", out _).ShouldBeFalse();
        endpoint.GetProperty("parameters")[1].GetProperty("default_value").GetString().ShouldBe("x");
    }
}
