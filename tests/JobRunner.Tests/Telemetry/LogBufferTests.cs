using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class LogBufferTests
{
    [Fact]
    public async Task An_output_that_is_stuck_blocks_no_writer_and_what_it_drops_is_counted()
    {
        using var released = new ManualResetEventSlim();
        using var stuck = new ManualResetEventSlim();
        using var page = new MetricsPage();
        using var log = new LogCapture(new LogOptions { BufferSize = 10 }, beforeEachLine: () =>
        {
            stuck.Set();
            released.Wait();
        });
        page.Instruments.ObserveDroppedLogLines(() => log.Buffer.Dropped);
        log.Logger.LogInformation("first");
        stuck.Wait(TestContext.Current.CancellationToken);

        for (var i = 0; i < 100; i++)
            log.Logger.LogInformation("line {Number}", i);

        log.Buffer.Dropped.ShouldBe(90);
        log.Buffer.Waiting.ShouldBe(10);
        (await page.ScrapeAsync()).Samples["jobrunner_log_lines_dropped_total"].ShouldBe(90);
        released.Set();
        log.Lines().Count.ShouldBe(11);
        log.Buffer.Dropped.ShouldBe(90);
    }

    [Fact]
    public void Shutdown_writes_what_still_waits()
    {
        using var log = new LogCapture(new LogOptions());

        for (var i = 0; i < 1000; i++)
            log.Logger.LogInformation("line {Number}", i);

        log.Lines().Count.ShouldBe(1000);
    }

    [Fact]
    public void Shutdown_does_not_wait_for_ever_for_an_output_that_is_stuck()
    {
        using var released = new ManualResetEventSlim();
        using var log = new LogCapture(
            new LogOptions { FlushPatience = TimeSpan.FromMilliseconds(1) }, beforeEachLine: () => released.Wait());
        log.Logger.LogInformation("hello");

        log.Text().ShouldBeEmpty();

        released.Set();
    }

    [Fact]
    public void An_output_that_fails_takes_nothing_down()
    {
        var lines = 0;
        using var log = new LogCapture(new LogOptions(), beforeEachLine: () =>
        {
            if (lines++ == 0)
                throw new IOException("Broken pipe");
        });

        log.Logger.LogInformation("lost");
        log.Logger.LogInformation("kept");

        log.Lines().ShouldHaveSingleItem().ShouldEndWith("kept");
    }
}
