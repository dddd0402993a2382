namespace JobRunner.Samples.Tests;

public sealed class MetricsTests
{
    [Fact]
    public async Task A_gauge_follows_the_calls()
    {
        await using var server = await SampleServer.StartAsync<Thermometer>("Metrics");
        await server.ResultOfAsync("/perform", new { celsius = 21.5 });
        await server.ResultOfAsync("/perform", new { celsius = 30 });
        var lines = await ScrapeAsync(server);
        lines.ShouldContain("thermometer_conversions 2.0");
        lines.ShouldContain("""thermometer_highest{unit="celsius"} 30.0""");
    }

    [Fact]
    public async Task A_gauge_without_a_value_is_left_out()
    {
        await using var server = await SampleServer.StartAsync<Thermometer>("Metrics");
        var lines = await ScrapeAsync(server);
        lines.ShouldContain("thermometer_conversions 0.0");
        lines.ShouldNotContain(line => line.StartsWith("thermometer_highest", StringComparison.Ordinal));
    }

    private static async Task<string[]> ScrapeAsync(SampleServer server) =>
        (await server.Client.GetStringAsync("/metrics")).Split('\n');
}
