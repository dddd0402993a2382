using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace JobRunner.Samples.Tests;

/// <summary>Each sample is one file that the tool serves as it lies there.</summary>
public sealed partial class SingleFileTests
{
    [Theory]
    [InlineData("Primer", "primer", "Tells whether a number is prime.")]
    [InlineData("AuxiliaryEndpoints", "flat-price", "Estimates the price of a flat, and explains its estimates.")]
    [InlineData("StaticEndpoints", "city-guide", "Knows some cities, and serves the files that it knows them from.")]
    [InlineData("Webview", "prime-explorer", "Splits numbers into prime factors, with pages of its own at /api/v1/webview.")]
    [InlineData("WebviewApp", "dice", "Throws dice, with a page of its own at /api/v1/webview.")]
    [InlineData("Metrics", "thermometer", "Converts temperatures, and shows at /metrics what it has seen.")]
    [InlineData("Streaming", "collatz", "Follows a number down the Collatz sequence, and sends each step as soon as it is known.")]
    [InlineData("Files", "text-files", "Takes files and gives files back.")]
    [InlineData("Images", "thumbnails", "Makes thumbnails of grey images; fed from a queue.")]
    [InlineData("LongRunning", "dart-board", "Estimates pi by throwing darts, which takes as long as one likes; called asynchronously.")]
    [InlineData("MemoryLeak", "memory-leak", "Keeps everything it is ever asked, which is a leak on purpose: the memory profiler shows where.")]
    public async Task The_tool_serves_a_sample_from_its_source(string folder, string name, string summary)
    {
        using var tool = Start(SampleServer.FileOf(folder, "Job.cs"));
        try
        {
            using var client = new HttpClient { BaseAddress = await AddressOfAsync(tool) };
            await ReadyAsync(client);
            var info = (await client.GetFromJsonAsync<JsonElement>("/openapi.json")).GetProperty("info");
            info.GetProperty("title").GetString().ShouldBe($"Job - {name}");
            info.GetProperty("description").GetString().ShouldBe(summary);
            (await PromtoolAsync(await client.GetStringAsync("/metrics"))).ShouldBe((0, string.Empty));
        }
        finally
        {
            tool.Kill(entireProcessTree: true);
        }
    }

    // Silence is what it has to say of metrics that are right.
    private static async Task<(int ExitCode, string Findings)> PromtoolAsync(string metrics)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        var findings = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, findings);
    }

    private static Process Start(string source) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "JobRunner.Cli.dll"), "run", source, "--host", "127.0.0.1", "--port", "0"])
    {
        RedirectStandardOutput = true,
        WorkingDirectory = Path.GetDirectoryName(source),
        UseShellExecute = false,
    })!;

    private static async Task<Uri> AddressOfAsync(Process tool)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await tool.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (Address().Match(line) is { Success: true } address)
                return new Uri(address.Value);
        }

        throw new InvalidOperationException("the tool ended before it listened");
    }

    private static async Task ReadyAsync(HttpClient client)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await client.GetAsync("/ready", deadline.Token);
            if (response.IsSuccessStatusCode)
                return;
            await Task.Delay(50, deadline.Token);
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
