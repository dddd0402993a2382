using System.Net;

namespace JobRunner.Cli.Tests.Observability;

/// <summary>A job served by the real command, ready for calls.</summary>
internal sealed class ServedFile : IAsyncDisposable
{
    private ServedFile(JobRunnerProcess process, HttpClient client) => (Process, Client) = (process, client);

    public JobRunnerProcess Process { get; }

    public HttpClient Client { get; }

    public static Task<ServedFile> StartAsync(
        string path, string? workingDirectory = null, IReadOnlyDictionary<string, string>? environment = null) =>
        StartAsync([path], workingDirectory, environment);

    public static async Task<ServedFile> StartAsync(
        string[] args, string? workingDirectory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = JobRunnerProcess.Start(
            [.. args, "--port", "0", "--host", "127.0.0.1"], workingDirectory, environment);
        var served = new ServedFile(process, new HttpClient { BaseAddress = await process.AddressAsync() });
        await Eventually.IsTrueAsync(async () =>
        {
            using var response = await served.Client.GetAsync("/ready");
            return response.StatusCode == HttpStatusCode.OK;
        });
        return served;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
    }
}
