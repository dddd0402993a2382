using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed partial class ObservabilityDocsTests
{
    [Fact]
    public async Task The_alerting_rules_are_valid() =>
        (await Promtool.CheckAsync("", "check", "rules", PathOf("alerts.yaml"))).ShouldContain("SUCCESS: 11 rules found");

    [Fact]
    public async Task The_alerting_rules_fire_when_they_should() =>
        (await Promtool.CheckAsync("", "test", "rules", PathOf("alerts.test.yaml"))).ShouldContain("SUCCESS");

    [Fact]
    public async Task Every_alert_has_a_test_in_which_it_fires()
    {
        var alerts = AlertName().Matches(await File.ReadAllTextAsync(PathOf("alerts.yaml"))).Select(match => match.Groups["name"].Value);

        var tested = FiredAlert().Matches(await File.ReadAllTextAsync(PathOf("alerts.test.yaml"))).Select(match => match.Groups["name"].Value);

        tested.Distinct().Order().ShouldBe(alerts.Order());
    }

    [Theory]
    [InlineData("dashboard.json")]
    [InlineData("alerts.yaml")]
    [InlineData("README.md")]
    public async Task Every_metric_named_is_one_that_is_exposed(string file)
    {
        using var page = new MetricsPage();
        var endpoint = page.Instruments.DeclareEndpoint("/perform");
        page.Instruments.CallEnded(endpoint, 500, failed: true, 1);
        page.Instruments.Queues.Add("math").Waiting(1, TimeSpan.Zero);
        var scrape = await page.ScrapeAsync();
        var exposed = scrape.Types.Keys.Concat(scrape.Samples.Keys.Select(key => key.Split('{')[0])).ToHashSet();

        var named = MetricName().Matches(await File.ReadAllTextAsync(PathOf(file))).Select(match => match.Value).ToHashSet();

        named.Count.ShouldBeGreaterThan(10);
        named.Except(exposed).ShouldBeEmpty();
    }

    [Fact]
    public void The_dashboard_is_json_with_panels_that_have_ids_of_their_own()
    {
        using var dashboard = System.Text.Json.JsonDocument.Parse(File.ReadAllText(PathOf("dashboard.json")));

        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();

        panels.Select(panel => panel.GetProperty("id").GetInt32()).ShouldBeUnique();
        panels.Count(panel => panel.GetProperty("type").GetString() == "timeseries").ShouldBe(18);
    }

    private static string PathOf(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "JobRunner.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("The repository was not found.");
        return Path.Combine(folder, "docs", "observability", file);
    }

    [GeneratedRegex(@"- alert: (?<name>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AlertName();

    [GeneratedRegex(@"alertname: (?<name>\w+)\s+exp_alerts:\s+- exp_labels", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FiredAlert();

    [GeneratedRegex(@"\b(jobrunner_|dotnet_|process_|commons_|endpoint_requests_|requests_|request_duration|request_internal_|last_call_)[a-z_]*[a-z]\b")]
    private static partial Regex MetricName();
}
