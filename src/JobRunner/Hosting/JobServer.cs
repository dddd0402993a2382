using JobRunner.Manifest;
using System.Net;
using JobRunner.Execution;
using JobRunner.Http;
using JobRunner.Http.Access;
using JobRunner.Telemetry.Logs;
using JobRunner.Telemetry.Metrics;
using JobRunner.Telemetry.Tracing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Hosting;

/// <summary>A web server whose whole purpose is one job.</summary>
internal sealed partial class JobServer
{
    private JobServer()
    {
    }

    /// <summary>Builds the server; nothing runs yet.</summary>
    /// <param name="source">The job.</param>
    /// <param name="options">Where to listen.</param>
    /// <param name="args">Further configuration.</param>
    /// <param name="configure">Adds services, which win over the host's own.</param>
    public static WebApplication Build(
        JobSource source, ServeOptions options, string[]? args = null, Action<IServiceCollection>? configure = null)
    {
        var settings = JobSettings.Read(
            new JobOptions { ManifestPath = options.ManifestPath }, source.Directory, options.Adjust);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args ?? [] });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = settings.Manifest.Extra.MaxBodySize;
            Listen(kestrel, options.Host, options.Port);
        });
        AddTelemetry(builder, settings);
        builder.Services.AddJob(source, settings);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = JobStop.LongestStop(settings));
        builder.Services.AddResponseCompression();
        builder.Services.AddSingleton<IResponseCompressionProvider, WorthwhileCompression>();
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy =>
        {
            var origins = settings.Manifest.Extra.CorsOrigins;
            _ = origins.Contains("*", StringComparer.Ordinal) ? policy.AllowAnyOrigin() : policy.WithOrigins([.. origins]);
            policy.AllowAnyMethod().AllowAnyHeader();
        }));
        if (options.Worker is { ServesProbes: false })
            builder.Services.AddSingleton<IServer, NoServer>();
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        app.Services.GetRequiredService<JobInstruments>().ObserveDroppedLogLines(
            () => app.Services.GetRequiredService<LogBuffer>().Dropped);
        app.Services.GetService<OtlpExport>();
        var frame = app.Services.GetRequiredService<RequestFrame>();
        app.Use(next => http => frame.InvokeAsync(http, next));
        app.UseCors();
        app.UseResponseCompression();
        app.UseRouting();
        var access = app.Services.GetRequiredService<AccessControl>();
        app.Use(next => http => access.InvokeAsync(http, next));
        ((IEndpointRouteBuilder)app).DataSources.Add(
            options.Worker is null
                ? JobEndpointRouteBuilderExtensions.CreateDataSource(app.Services, ownsServer: true)
                : JobEndpointRouteBuilderExtensions.CreateProbeDataSource(app.Services));
        app.Lifetime.ApplicationStarted.Register(() => Announce(app));
        return app;
    }

    /// <summary>Runs a server until it is stopped.</summary>
    /// <exception cref="JobLoadException">The server cannot listen where it shall.</exception>
    public static async Task RunAsync(WebApplication app, CancellationToken cancellationToken)
    {
        await using (app)
        {
            try
            {
                await app.StartAsync(cancellationToken);
            }
            catch (IOException exception)
            {
                throw new JobLoadException($"The server cannot start: {exception.Message} Choose another place with --port or --host.", exception);
            }

            await app.WaitForShutdownAsync(cancellationToken);
        }
    }

    /// <summary>Runs a worker until it is stopped or, in burst mode, its queues are empty.</summary>
    /// <exception cref="JobLoadException">The job does not load, and nobody could read so in a probe.</exception>
    public static async Task WorkAsync(WebApplication app, WorkerOptions worker, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var served = app.Services.GetRequiredService<ServedJob>();
        var work = app.Services.GetRequiredService<QueueWork>();
        var running = RunAsync(app, ended.Token);
        try
        {
            await Task.WhenAny(served.WhenReady, running);
            if (worker.IsBurst && served.IsReady)
                await Task.WhenAny(work.WhenEmptyAsync(ended.Token), running);
        }
        finally
        {
            if (worker.IsBurst || (served.Error is not null && !worker.ServesProbes))
                await ended.CancelAsync();
            await running;
        }

        if (served.Error is { } error)
            throw new JobLoadException(error);
    }

    /// <summary>Sets where a server listens.</summary>
    /// <exception cref="JobLoadException">The host is no address of this machine.</exception>
    public static void Listen(KestrelServerOptions kestrel, string host, int port)
    {
        kestrel.AddServerHeader = false;
        switch (host)
        {
            case "*" or "+" or "[::]" or "::":
                kestrel.ListenAnyIP(port);
                break;
            case "localhost" when port != 0:
                kestrel.ListenLocalhost(port);
                break;
            case "localhost":
                kestrel.Listen(IPAddress.Loopback, port);
                break;
            default:
                kestrel.Listen(AddressOf(host), port);
                break;
        }
    }

    private static void AddTelemetry(WebApplicationBuilder builder, JobSettings settings)
    {
        var service = new ServiceIdentity(settings.Identity.Name, settings.Identity.Version);
        builder.Services.AddSingleton(JobLogging.Configure(builder.Logging, LogOptionsOf(builder.Configuration)));
        if (!OtlpExport.IsWanted(builder.Configuration))
            return;
        OtlpExport.AddLogs(builder.Logging, builder.Configuration, service);
        builder.Services.AddSingleton(provider => OtlpExport.Start(
            builder.Configuration, provider.GetRequiredService<JobInstruments>(), service)!);
    }

    private static LogOptions LogOptionsOf(IConfiguration configuration)
    {
        try
        {
            return LogOptions.From(configuration);
        }
        catch (FormatException exception)
        {
            throw new JobLoadException(exception.Message, exception);
        }
    }

    private static IPAddress AddressOf(string host) => IPAddress.TryParse(host, out var address)
        ? address
        : throw new JobLoadException($"--host is \"{host}\"; it must be an IP address of this machine, localhost, or * for all.");

    private static void Announce(WebApplication app)
    {
        var identity = app.Services.GetRequiredService<JobIdentity>();
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger<JobServer>();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        foreach (var address in addresses)
        {
            // A wildcard is no address to open in a browser.
            var reachable = address.Replace("0.0.0.0", "localhost", StringComparison.Ordinal)
                .Replace("[::]", "localhost", StringComparison.Ordinal);
            Listening(logger, identity.Name, reachable);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving {Job} at {Address}")]
    private static partial void Listening(ILogger logger, string job, string address);
}
