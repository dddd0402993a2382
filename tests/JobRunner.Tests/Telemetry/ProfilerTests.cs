using System.Net;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

/// <summary>A recording sees the whole process, so these tests run alone.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class ProfilerRuns;

[Collection<ProfilerRuns>]
public sealed class ProfilerTests
{
    [Fact]
    public async Task A_planted_leak_shows_its_method_at_the_top()
    {
        await using var host = await ProfilerHost.StartAsync();
        var job = new LeakyJob();

        await host.PostAsync("memory/start");
        for (var i = 0; i < 3000; i++)
            await job.PerformAsync(i);
        await host.PostAsync("memory/stop");
        var stats = await host.GetAsync("memory/stats", "text/plain");
        var page = await host.GetAsync("memory/flamegraph", "text/html");

        job.Kept.ShouldBe(3000);
        var views = stats.Split("Still held at the end")[1].Split("Allocated in all");
        Ranking(views[0], "Methods")[0].ShouldEndWith("JobRunner.Tests.Telemetry.LeakyJob.Remember");
        Ranking(views[0], "Types")[0].ShouldEndWith("System.String");
        Ranking(views[1], "Methods")[0].ShouldEndWith("JobRunner.Tests.Telemetry.LeakyJob.Churn");
        Ranking(views[1], "Types")[0].ShouldEndWith("System.Int32[]");
        using var data = Data(page);
        var held = data.RootElement[0];
        held.GetProperty("name").GetString().ShouldBe("Still held at the end");
        held.GetProperty("methods")[0][0].GetString().ShouldBe("JobRunner.Tests.Telemetry.LeakyJob.Remember");
        Names(held.GetProperty("root")).ShouldContain("JobRunner.Tests.Telemetry.LeakyJob.Remember");
        Names(held.GetProperty("root")).ShouldContain("JobRunner.Tests.Telemetry.LeakyJob.PerformAsync");
    }

    [Fact]
    public async Task What_is_still_held_is_estimated_near_the_truth()
    {
        await using var host = await ProfilerHost.StartAsync();
        var job = new LeakyJob();

        await host.PostAsync("memory/start");
        for (var i = 0; i < 3000; i++)
            job.Perform(i);
        await host.PostAsync("memory/stop");
        using var data = Data(await host.GetAsync("memory/flamegraph", "text/html"));

        var held = data.RootElement[0].GetProperty("methods")[0];
        held[0].GetString().ShouldBe("JobRunner.Tests.Telemetry.LeakyJob.Remember");
        const double Truth = 3000 * 20_000d;
        held[1].GetDouble().ShouldBeInRange(Truth * 0.8, Truth * 1.2);
        job.Kept.ShouldBe(3000);
    }

    [Fact]
    public async Task A_method_that_computes_shows_at_the_top_of_the_cpu_profile()
    {
        await using var host = await ProfilerHost.StartAsync();

        await host.PostAsync("cpu/start");
        LeakyJob.Compute(TimeSpan.FromMilliseconds(500)).ShouldBeGreaterThan(0);
        await host.PostAsync("cpu/stop");
        var stats = await host.GetAsync("cpu/stats", "text/plain");
        var page = await host.GetAsync("cpu/flamegraph", "text/html");

        Ranking(stats, "Methods")[0].ShouldEndWith("JobRunner.Tests.Telemetry.LeakyJob.Compute");
        stats.ShouldNotContain("Types");
        using var data = Data(page);
        Names(data.RootElement[0].GetProperty("root")).ShouldContain("JobRunner.Tests.Telemetry.LeakyJob.Compute");
        Names(data.RootElement[0].GetProperty("root")).ShouldNotContain(name => name.Contains("AsyncStateMachineBox"));
    }

    [Fact]
    public async Task The_report_is_a_nettrace_file()
    {
        await using var host = await ProfilerHost.StartAsync();
        await host.PostAsync("cpu/start");
        await host.PostAsync("cpu/stop");

        using var response = await host.Client.GetAsync("cpu/report");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentDisposition!.FileName.ShouldBe("cpu.nettrace");
        var bytes = await response.Content.ReadAsByteArrayAsync();
        bytes.AsSpan(0, 8).SequenceEqual("Nettrace"u8).ShouldBeTrue();
    }

    [Fact]
    public async Task Starting_twice_is_a_conflict_and_so_is_reading_before_the_stop()
    {
        await using var host = await ProfilerHost.StartAsync();
        await host.PostAsync("memory/start");

        var again = await host.PostAsync("memory/start", HttpStatusCode.Conflict);
        var early = await host.GetAsync("memory/stats", "application/json", HttpStatusCode.Conflict);
        await host.PostAsync("memory/stop");
        await host.PostAsync("memory/start");

        Detail(again).ShouldBe("The memory profiler has already been started: stop it before starting it again.");
        Detail(early).ShouldBe("The memory profiler still runs: stop it to get its report.");
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("cpu")]
    public async Task Before_the_first_start_all_else_is_a_conflict_that_says_what_to_do(string profiler)
    {
        await using var host = await ProfilerHost.StartAsync();

        Detail(await host.PostAsync($"{profiler}/stop", HttpStatusCode.Conflict))
            .ShouldBe($"The {profiler} profiler has not been started: start it first.");
        foreach (var path in new[] { "report", "flamegraph", "stats" })
        {
            Detail(await host.GetAsync($"{profiler}/{path}", "application/json", HttpStatusCode.Conflict))
                .ShouldBe($"There is no {profiler} report: start the profiler, then stop it.");
        }
    }

    [Fact]
    public async Task Both_profilers_record_side_by_side_and_leave_no_file_behind()
    {
        string[] Files() => Directory.GetFiles(Path.GetTempPath(), $"jobrunner-{Environment.ProcessId}-*");
        await using (var host = await ProfilerHost.StartAsync())
        {
            await host.PostAsync("cpu/start");
            await host.PostAsync("memory/start");
            await host.PostAsync("cpu/stop");
            await host.GetAsync("cpu/stats", "text/plain");
            Files().Length.ShouldBe(2);
        }

        Files().ShouldBeEmpty();
    }

    private static string[] Ranking(string text, string heading) =>
        text.Split($"  {heading}\n")[1].Split("\n\n")[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Detail(string json) =>
        JsonDocument.Parse(json).RootElement.GetProperty("detail").GetString()!;

    private static JsonDocument Data(string page) => JsonDocument.Parse(
        page.Split("id=\"data\">")[1].Split("</script>")[0], new JsonDocumentOptions { MaxDepth = 10_000 });

    private static IEnumerable<string> Names(JsonElement node) =>
        node.GetProperty("c").EnumerateArray().SelectMany(Names).Prepend(node.GetProperty("n").GetString()!);
}
