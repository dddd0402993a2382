using JobRunner.Hosting;
using JobRunner.Tests.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Http;

/// <summary>Paths that both the job and the host have.</summary>
public sealed class HiddenPathTests
{
    [Fact]
    public async Task A_path_of_the_job_that_hides_one_of_the_host_is_told_with_both_names()
    {
        var warnings = await WarningsOfAsync(new Hider());

        warnings.ShouldContain(warning =>
            warning.Contains("Hider.Parameters is served at GET /api/v1/Parameters", StringComparison.Ordinal)
            && warning.Contains("the host's own GET /api/v1/parameters", StringComparison.Ordinal));
        warnings.ShouldContain(warning =>
            warning.Contains("Hider.Record is served at GET /api/v1/tasks/{number}", StringComparison.Ordinal)
            && warning.Contains("the host's own GET /api/v1/tasks/{id}", StringComparison.Ordinal));
        warnings.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_path_for_everything_hides_all_of_the_hosts_paths_below_it()
    {
        var warnings = await WarningsOfAsync(new Swallower());

        foreach (var path in (string[])["/api/v1/parameters", "/api/v1/tasks", "/api/v1/tasks/{id}", "/api/v1/tasks/{id}/events"])
            warnings.ShouldContain(warning => warning.Contains($"the host's own GET {path} would be", StringComparison.Ordinal), path);
    }

    [Fact]
    public async Task Paths_that_differ_or_have_another_method_hide_nothing() =>
        (await WarningsOfAsync(new Neighbour())).ShouldBeEmpty();

    [Fact]
    public async Task The_path_of_the_job_wins()
    {
        await using var host = await TestHost.ServeAsync(new Hider());

        (await host.GetAsync("/api/v1/parameters")).Body.ShouldBe("\"mine\"");
        (await host.GetAsync("/api/v1/tasks/7")).Body.ShouldBe("7");
    }

    private static async Task<List<string>> WarningsOfAsync(object job)
    {
        var logger = new RecordingLogger<HiddenPathTests>();
        await using var host = await Hosting.TestJobHost.StartAsync(
            job, configure: services => services.AddSingleton<ILoggerProvider>(new Recorder(logger)));
        return [.. logger.Lines.Where(line => line.Level == LogLevel.Warning && line.Message.Contains("the host's own", StringComparison.Ordinal))
            .Select(line => line.Message)];
    }

    private sealed class Recorder(ILogger logger) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => logger;

        public void Dispose()
        {
        }
    }

    internal sealed class Hider
    {
        public int Perform() => 1;

        [JobEndpoint("/Parameters", Method = "GET")]
        public string Parameters() => "mine";

        [JobEndpoint("/tasks/{number}", Method = "GET")]
        public int Record(int number) => number;
    }

    internal sealed class Swallower
    {
        public int Perform() => 1;

        [JobEndpoint("/{**rest}", Method = "GET")]
        public string? Any(string? rest) => rest;
    }

    internal sealed class Neighbour
    {
        public int Perform() => 1;

        [JobEndpoint("/parameters")]
        public int Post() => 1;

        [JobEndpoint("/tasks/mine", Method = "GET")]
        public int Mine() => 1;

        [JobEndpoint("/{number:int}", Method = "GET")]
        public int Numbered(int number) => number;
    }
}
