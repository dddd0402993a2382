using System.Diagnostics;
using System.Text.RegularExpressions;

namespace JobRunner.Samples.Tests;

/// <summary>Every sample, served once by its own command in a process of its own, and what it then shows.</summary>
public sealed partial class ServedSamples : IAsyncLifetime
{
    private readonly Dictionary<string, (string OpenApi, string Metrics)> _pages = new(StringComparer.Ordinal);

    public (string OpenApi, string Metrics) this[string folder] => _pages[folder];

    public async ValueTask InitializeAsync()
    {
        foreach (var folder in SampleFolders.All)
            _pages[folder] = await ServeAsync(folder);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<(string OpenApi, string Metrics)> ServeAsync(string folder)
    {
        using var served = Process.Start(new ProcessStartInfo("dotnet", SampleFolders.CommandOf(folder))
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Path.Combine(SampleFolders.Root, folder),
            UseShellExecute = false,
        })!;
        try
        {
            using var client = new HttpClient { BaseAddress = await AddressOfAsync(served, folder) };
            await ReadyAsync(client, folder);

            // One call without a body takes the example, so that the metrics are not only those of an idle host.
            using var called = await client.PostAsync("/api/v1/perform", content: null);
            return (await client.GetStringAsync("/openapi.json"), await client.GetStringAsync("/metrics"));
        }
        finally
        {
            served.Kill(entireProcessTree: true);
        }
    }

    private static async Task<Uri> AddressOfAsync(Process served, string folder)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await served.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (Address().Match(line) is { Success: true } address)
            {
                // What nobody reads would fill the pipe.
                _ = served.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return new Uri(address.Value);
            }
        }

        throw new InvalidOperationException($"{folder} ended before it listened");
    }

    private static async Task ReadyAsync(HttpClient client, string folder)
    {
        var live = string.Empty;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            while (true)
            {
                using var response = await client.GetAsync("/ready", deadline.Token);
                if (response.IsSuccessStatusCode)
                    return;
                using var probe = await client.GetAsync("/live", deadline.Token);
                live = await probe.Content.ReadAsStringAsync(deadline.Token);
                await Task.Delay(50, deadline.Token);
            }
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException($"{folder} did not become ready: {live}", exception);
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
