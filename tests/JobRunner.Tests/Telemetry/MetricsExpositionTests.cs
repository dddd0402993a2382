using System.Diagnostics;
using System.Runtime.InteropServices;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class MetricsExpositionTests
{
    [Fact]
    public async Task Promtool_has_nothing_to_say_about_the_page()
    {
        using var page = new MetricsPage();
        var endpoint = page.Instruments.DeclareEndpoint("/per\"form\\\n");
        page.Instruments.CallStarted(endpoint);
        page.Instruments.CallEnded(endpoint, 500, failed: true, 2);
        page.Instruments.HttpRequestEnded(1e6);
        var queue = page.Instruments.Queues.Add("math");
        queue.Waiting(1, TimeSpan.FromDays(1));
        queue.Ended("completed", TimeSpan.FromSeconds(1));
        page.Exposition.UseJobMetrics(() =>
        [
            new JobMetric("job_wasted_seconds", double.NaN, "Two\nlines"),
            new JobMetric("job.mood-level", double.NegativeInfinity, null, new Dictionary<string, string>
            {
                ["1st colour"] = "\"blue\"\n\\",
                ["__name__"] = "forged",
            }),
            new JobMetric("7up", double.PositiveInfinity),
        ]);

        (await Promtool.CheckAsync(await page.TextAsync(), "check", "metrics")).ShouldBe("");
    }

    [Fact]
    public async Task No_label_of_the_sdk_is_shown()
    {
        using var page = new MetricsPage();
        page.Instruments.CallStarted(page.Instruments.DeclareEndpoint("/perform"));

        var scrape = await page.ScrapeAsync();

        scrape.Text.ShouldNotContain("otel_");
        scrape.Text.ShouldNotContain("target_info");
    }

    [Fact]
    public async Task Every_family_has_a_help_text()
    {
        using var page = new MetricsPage();

        var scrape = await page.ScrapeAsync();

        scrape.Helps.Keys.Order().ShouldBe(scrape.Types.Keys.Order());
    }

    [Fact]
    public async Task A_counter_has_the_suffix_total_once()
    {
        using var page = new MetricsPage();

        var scrape = await page.ScrapeAsync();

        foreach (var (name, type) in scrape.Types)
        {
            name.EndsWith("_total", StringComparison.Ordinal).ShouldBe(type == "counter", name);
            name.ShouldNotContain("_total_total");
        }
    }

    [Fact]
    public async Task Concurrent_scrapes_are_each_whole()
    {
        using var page = new MetricsPage();
        var endpoint = page.Instruments.DeclareEndpoint("/perform");

        var scrapes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() =>
        {
            page.Instruments.CallStarted(endpoint);
            return page.ScrapeAsync();
        })));

        foreach (var scrape in scrapes)
            scrape.Samples.Keys.Order().ShouldBe(scrapes[0].Samples.Keys.Order());
    }

    [Theory]
    [InlineData("process_cpu_seconds_total")]
    [InlineData("process_resident_memory_bytes")]
    [InlineData("process_start_time_seconds")]
    [InlineData("dotnet_gc_allocated_bytes_total")]
    [InlineData("dotnet_gc_live_bytes")]
    [InlineData("dotnet_threadpool_threads")]
    public async Task Process_and_runtime_show_themselves(string name)
    {
        using var page = new MetricsPage();

        (await page.ScrapeAsync()).Samples[name].ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task On_linux_the_process_shows_descriptors_threads_and_virtual_memory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var page = new MetricsPage();

        var scrape = await page.ScrapeAsync();

        using var process = Process.GetCurrentProcess();
        scrape.Samples["process_open_fds"].ShouldBeInRange(3, scrape.Samples["process_max_fds"]);
        scrape.Samples["process_num_threads"].ShouldBeGreaterThan(1);
        scrape.Samples["process_virtual_memory_bytes"].ShouldBeGreaterThan(scrape.Samples["process_resident_memory_bytes"]);
    }

    [Fact]
    public async Task Garbage_collections_are_shown_by_generation()
    {
        using var page = new MetricsPage();
        var before = (await page.ScrapeAsync()).Samples["dotnet_gc_collections_total{generation=\"2\"}"];

        GC.Collect();

        (await page.ScrapeAsync()).Samples["dotnet_gc_collections_total{generation=\"2\"}"].ShouldBeGreaterThan(before);
    }

    [Fact]
    public async Task The_build_is_named()
    {
        using var page = new MetricsPage();

        var scrape = await page.ScrapeAsync();

        scrape.LabelValues("version").ShouldContain(version => version.StartsWith("0.", StringComparison.Ordinal));
        scrape.LabelValues("runtime").ShouldBe([RuntimeInformation.FrameworkDescription]);
    }
}
