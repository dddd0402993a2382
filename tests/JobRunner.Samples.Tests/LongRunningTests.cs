using System.Diagnostics;

namespace JobRunner.Samples.Tests;

public sealed class LongRunningTests
{
    [Fact]
    public async Task A_task_is_watched_in_a_terminal_to_its_end()
    {
        await using var server = await SampleServer.StartAsync<DartBoard>("LongRunning");
        using var watch = Process.Start(new ProcessStartInfo(
            "bash", [SampleServer.FileOf("LongRunning", "watch.sh"), server.Address.ToString().TrimEnd('/'), "3"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;

        var lines = (await watch.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await watch.WaitForExitAsync();

        watch.ExitCode.ShouldBe(0);
        lines[0].ShouldStartWith("task /api/v1/tasks/");
        lines.ShouldContain(line => line.Contains("round 3 of 3", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("\"running\"", StringComparison.Ordinal));
        lines[^1].ShouldStartWith("completed: 3.14");
    }

    [Fact]
    public async Task Called_synchronously_it_is_a_call_like_any_other()
    {
        await using var server = await SampleServer.StartAsync<DartBoard>("LongRunning");

        (await server.ResultOfAsync("/perform", new { rounds = 1, pause = 0 })).GetDouble().ShouldBe(3.14, 0.02);
    }
}
