using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Cli.Tests.Starting;

/// <summary>The ways to start the Primer sample, each as its users do it.</summary>
internal static class WaysOfStarting
{
    private static readonly string[] AnyPort = ["--port", "0", "--host", "127.0.0.1"];
    private static readonly string SampleFolder = Path.Combine(Sources.Root, "samples", "Primer");

    public static readonly string[] Names = ["file", "assembly", "own-main", "existing-application"];

    public static async Task<IServedJob> StartAsync(string name)
    {
        IServedJob served = name switch
        {
            "file" => await ServedProcess.StartAsync("JobRunner.Cli", [Path.Combine(SampleFolder, "Job.cs"), .. AnyPort]),
            "assembly" => await ServedProcess.StartAsync("JobRunner.Cli", [Path.Combine(AppContext.BaseDirectory, "Primer.dll"), .. AnyPort]),
            "own-main" => await ServedProcess.StartAsync("Primer", AnyPort),
            "existing-application" => await ExistingApplication.StartAsync(),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await served.Client.GetAsync("/ready", deadline.Token);
            if (response.StatusCode == HttpStatusCode.OK)
                return served;
        }
    }

    private sealed class ServedProcess(JobRunnerProcess process, HttpClient client) : IServedJob
    {
        public HttpClient Client => client;

        public static async Task<ServedProcess> StartAsync(string executable, string[] args)
        {
            var process = JobRunnerProcess.StartExecutable(executable, args);
            return new ServedProcess(process, Plain(await process.AddressAsync()));
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await process.DisposeAsync();
        }
    }

    private sealed class ExistingApplication(WebApplication app, HttpClient client) : IServedJob
    {
        public HttpClient Client => client;

        public static async Task<ExistingApplication> StartAsync()
        {
            var builder = WebApplication.CreateBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddJob<Job>();
            var app = builder.Build();
            app.MapGet("/own", () => "the application's own page");
            app.MapJob();
            await app.StartAsync();
            return new ExistingApplication(app, Plain(new Uri(app.Urls.Single())));
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await app.DisposeAsync();
        }
    }

    private static HttpClient Plain(Uri address) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address };
}

/// <summary>A running host of the sample.</summary>
internal interface IServedJob : IAsyncDisposable
{
    HttpClient Client { get; }
}
