using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class QueueInstrumentsTests
{
    private readonly FixedTime _time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task A_new_queue_is_down_with_counts_at_zero_and_an_unknown_depth()
    {
        using var page = new MetricsPage(_time);
        page.Instruments.Queues.Add("math");

        var scrape = await page.ScrapeAsync();

        scrape.Samples["jobrunner_queue_up{queue=\"math\"}"].ShouldBe(0);
        foreach (var status in new[] { "completed", "failed", "cancelled" })
            scrape.Samples[$"jobrunner_task_total{{queue=\"math\",status=\"{status}\"}}"].ShouldBe(0);
        scrape.Samples["jobrunner_task_duration_seconds_count{queue=\"math\"}"].ShouldBe(0);
        scrape.Samples["jobrunner_queue_lag_seconds_count{queue=\"math\"}"].ShouldBe(0);
        scrape.Types["jobrunner_queue_lag_seconds"].ShouldBe("histogram");
        scrape.Text.ShouldNotContain("jobrunner_queue_depth{");
        scrape.Text.ShouldNotContain("jobrunner_queue_oldest_seconds{");
    }

    [Fact]
    public async Task What_a_worker_notes_is_shown_per_queue()
    {
        using var page = new MetricsPage(_time);
        var math = page.Instruments.Queues.Add("math");
        var text = page.Instruments.Queues.Add("text");

        math.Up = true;
        math.Waiting(7, TimeSpan.FromSeconds(90));
        math.Fetched();
        math.Started(TimeSpan.FromSeconds(3));
        math.Ended("completed", TimeSpan.FromSeconds(0.5));
        text.Ended("failed", TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(12));
        var scrape = await page.ScrapeAsync();

        scrape.Samples["jobrunner_queue_up{queue=\"math\"}"].ShouldBe(1);
        scrape.Samples["jobrunner_queue_up{queue=\"text\"}"].ShouldBe(0);
        scrape.Samples["jobrunner_queue_depth{queue=\"math\"}"].ShouldBe(7);
        scrape.Samples["jobrunner_queue_oldest_seconds{queue=\"math\"}"].ShouldBe(90);
        scrape.Samples["jobrunner_queue_last_fetch_seconds{queue=\"math\"}"].ShouldBe(12);
        scrape.Samples["jobrunner_queue_lag_seconds_sum{queue=\"math\"}"].ShouldBe(3);
        scrape.Samples["jobrunner_task_duration_seconds_sum{queue=\"math\"}"].ShouldBe(0.5);
        scrape.Samples["jobrunner_task_total{queue=\"math\",status=\"completed\"}"].ShouldBe(1);
        scrape.Samples["jobrunner_task_total{queue=\"text\",status=\"failed\"}"].ShouldBe(1);
    }

    [Fact]
    public async Task The_gauges_of_a_removed_queue_end()
    {
        using var page = new MetricsPage(_time);
        page.Instruments.Queues.Add("math").Up = true;
        (await page.ScrapeAsync()).Text.ShouldContain("jobrunner_queue_up{queue=\"math\"}");

        page.Instruments.Queues.Remove("math");

        (await page.ScrapeAsync()).Text.ShouldNotContain("jobrunner_queue_up{queue=\"math\"}");
    }

    [Fact]
    public void A_queue_added_twice_has_one_set_of_instruments()
    {
        using var page = new MetricsPage(_time);

        page.Instruments.Queues.Add("math").ShouldBeSameAs(page.Instruments.Queues.Add("math"));
    }
}
