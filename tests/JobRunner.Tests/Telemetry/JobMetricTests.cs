using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class JobMetricTests
{
    [Fact]
    public async Task A_jobs_metrics_are_appended_as_gauges()
    {
        var scrape = await ScrapeAsync(
            new JobMetric("job_wasted_seconds", 1.2, "Seconds you have wasted here"),
            new JobMetric("job_positives", 5, "Number of positive results", new Dictionary<string, string> { ["color"] = "blue" }),
            new JobMetric("job_zero_value", 0));

        scrape.Text.ShouldContain("# HELP job_wasted_seconds Seconds you have wasted here\n# TYPE job_wasted_seconds gauge\njob_wasted_seconds 1.2\n");
        scrape.Text.ShouldContain("\njob_positives{color=\"blue\"} 5.0\n");
        scrape.Text.ShouldContain("\njob_zero_value 0.0\n");
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(-0.5, "-0.5")]
    [InlineData(1e21, "1E+21")]
    [InlineData(123456789, "123456789.0")]
    public async Task A_value_is_written_as_the_format_wants_it(double value, string text) =>
        (await ScrapeAsync(new JobMetric("m", value))).Text.ShouldContain($"\nm {text}\n");

    [Theory]
    [InlineData("requests", "requests")]
    [InlineData("with space", "with_space")]
    [InlineData("dotted.na-me", "dotted_na_me")]
    [InlineData("7up", "_7up")]
    [InlineData("ns:name", "ns:name")]
    [InlineData("größe", "gr__e")]
    [InlineData("line\nbreak 1\n# TYPE x gauge", "line_break_1___TYPE_x_gauge")]
    public async Task A_name_is_made_valid(string name, string valid) =>
        (await ScrapeAsync(new JobMetric(name, 1))).Types.ShouldContainKey(valid);

    [Theory]
    [InlineData("colour", "colour")]
    [InlineData("1st", "_1st")]
    [InlineData("a:b", "a_b")]
    [InlineData("__name__", "_name__")]
    [InlineData("", "_")]
    public async Task A_label_name_is_made_valid(string label, string valid)
    {
        var scrape = await ScrapeAsync(new JobMetric("m", 1, null, new Dictionary<string, string> { [label] = "v" }));

        scrape.Samples.Keys.ShouldContain($"m{{{valid}=\"v\"}}");
    }

    [Fact]
    public async Task A_label_value_is_escaped_and_reads_back()
    {
        const string Value = "a\"b\\c\nd\\n€";
        var scrape = await ScrapeAsync(new JobMetric("m", 1, null, new Dictionary<string, string> { ["l"] = Value }));

        scrape.LabelValues("l").ShouldBe([Value]);
    }

    [Fact]
    public async Task Labels_that_become_one_name_are_joined()
    {
        var labels = new Dictionary<string, string> { ["a-b"] = "1", ["a.b"] = "2" };

        (await ScrapeAsync(new JobMetric("m", 1, null, labels))).Samples.ShouldContainKey("m{a_b=\"1;2\"}");
    }

    [Fact]
    public async Task A_nameless_or_valueless_metric_is_left_out_with_one_error_each()
    {
        using var page = new MetricsPage();
        page.Exposition.UseJobMetrics(() =>
            [new JobMetric(null, 1), new JobMetric("  ", 1), new JobMetric { Name = "empty" }, new JobMetric("good", 1)]);

        await page.ScrapeAsync();
        var scrape = await page.ScrapeAsync();

        scrape.Types.ShouldContainKey("good");
        scrape.Types.ShouldNotContainKey("empty");
        page.Errors.ShouldBe(
        [
            "A metric of the job is left out: it has no name.",
            "The metric 'empty' of the job is left out: it has no value.",
        ]);
    }

    [Fact]
    public async Task A_null_value_or_a_null_metric_is_left_out_silently()
    {
        using var page = new MetricsPage();
        page.Exposition.UseJobMetrics(() => [new JobMetric("nothing", null), null, new JobMetric("good", 1)]);

        var scrape = await page.ScrapeAsync();

        scrape.Types.ShouldContainKey("good");
        scrape.Types.ShouldNotContainKey("nothing");
        page.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_sequence_at_all_is_no_metric()
    {
        using var page = new MetricsPage();
        page.Exposition.UseJobMetrics(() => null);

        (await page.ScrapeAsync()).Samples.ShouldContainKey("requests_started_total");
        page.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_method_that_throws_breaks_nothing_and_what_came_before_is_kept()
    {
        using var page = new MetricsPage();
        page.Exposition.UseJobMetrics(Failing);

        var scrape = await page.ScrapeAsync();
        await page.ScrapeAsync();

        scrape.Samples.ShouldContainKey("requests_started_total");
        scrape.Samples.ShouldContainKey("first");
        page.Errors.ShouldBe(["The job's metrics could not be read: out of luck"]);

        static IEnumerable<JobMetric> Failing()
        {
            yield return new JobMetric("first", 1);
            throw new InvalidOperationException("out of luck");
        }
    }

    [Theory]
    [InlineData("requests_started_total")]
    [InlineData("request_duration")]
    [InlineData("request_duration_count")]
    [InlineData("request.duration.bucket")]
    [InlineData("jobrunner_calls_failed_total")]
    [InlineData("jobrunner_queue_depth")]
    [InlineData("process_cpu_seconds_total")]
    public async Task A_name_the_host_uses_is_left_out_with_an_error(string name)
    {
        using var page = new MetricsPage();
        page.Exposition.UseJobMetrics(() => [new JobMetric(name, 42, "Not the host's")]);

        var scrape = await page.ScrapeAsync();

        scrape.Text.ShouldNotContain("Not the host");
        page.Errors.ShouldHaveSingleItem().ShouldContain("the host has one of that name");
    }

    [Fact]
    public async Task Metrics_of_one_name_make_one_family_and_a_repeated_series_is_left_out()
    {
        using var page = new MetricsPage();
        page.Exposition.UseJobMetrics(() =>
        [
            new JobMetric("m", 1, null, new Dictionary<string, string> { ["l"] = "a" }),
            new JobMetric("other", 1),
            new JobMetric("m", 2, "Late help", new Dictionary<string, string> { ["l"] = "b" }),
            new JobMetric("m", 3, null, new Dictionary<string, string> { ["l"] = "a" }),
        ]);

        var scrape = await page.ScrapeAsync();

        scrape.Helps["m"].ShouldBe("Late help");
        scrape.Samples["m{l=\"a\"}"].ShouldBe(1);
        scrape.Samples["m{l=\"b\"}"].ShouldBe(2);
        page.Errors.ShouldHaveSingleItem().ShouldContain("given twice");
    }

    [Fact]
    public async Task A_method_that_hangs_costs_its_own_metrics_and_one_thread()
    {
        using var page = new MetricsPage(new ImpatientTime());
        using var released = new ManualResetEventSlim();
        var entered = 0;
        page.Exposition.UseJobMetrics(() =>
        {
            Interlocked.Increment(ref entered);
            released.Wait();
            return [];
        });

        for (var i = 0; i < 5; i++)
            (await page.ScrapeAsync()).Samples.ShouldContainKey("requests_started_total");
        released.Set();

        entered.ShouldBeLessThanOrEqualTo(1);
        page.Errors.ShouldHaveSingleItem().ShouldContain("were not there within");
    }

    [Fact]
    public async Task A_method_that_is_known_to_hang_is_not_waited_for_again()
    {
        var time = new Execution.ManualTime();
        using var page = new MetricsPage(time);
        using var released = new ManualResetEventSlim();
        using var entered = new SemaphoreSlim(0);
        page.Exposition.UseJobMetrics(() =>
        {
            entered.Release();
            released.Wait();
            return [new JobMetric("late", 1)];
        });
        var first = page.ScrapeAsync();
        (await entered.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue();
        time.Advance(TimeSpan.FromSeconds(5));
        await Execution.Eventually.Ends(first);

        // The clock stands still from here on: nothing that waits would end.
        (await Execution.Eventually.Ends(page.ScrapeAsync())).Samples.ShouldContainKey("requests_started_total");
        released.Set();

        entered.CurrentCount.ShouldBe(0);
        await Execution.Eventually.TrueAsync(
            async () => (await page.ScrapeAsync()).Samples.ContainsKey("late"), "the metrics did not come back");
    }

    private static async Task<Scrape> ScrapeAsync(params JobMetric[] metrics)
    {
        using var page = new MetricsPage();
        page.Exposition.UseJobMetrics(() => metrics);
        var scrape = await page.ScrapeAsync();
        page.Errors.ShouldBeEmpty();
        return scrape;
    }
}
