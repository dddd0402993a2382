using JobRunner.Cli.Loading;
using JobRunner.Cli.Output;
using JobRunner.Execution;
using JobRunner.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using LateSource = JobRunner.Hosting.JobSource.Late;

namespace JobRunner.Cli.Commands;

/// <summary>Serves jobs with the library's own host, which listens before the job is loaded.</summary>
internal sealed class JobHosting : IJobHosting
{
    private const string NoLogs = "--Logging:LogLevel:Default=None";

    /// <inheritdoc/>
    public Task ServeAsync(
        HostedJob job, int? port, string? host, IReadOnlyList<string> queues, CancellationToken cancellationToken)
    {
        var options = new ServeOptions
        {
            Port = port ?? ServeOptions.PortFromEnvironment() ?? ServeOptions.DefaultPort,
            Host = host ?? ServeOptions.DefaultHost,
            ManifestPath = job.ManifestPath,
            Queues = queues,
        };
        return JobServer.RunAsync(JobServer.Build(SourceOf(job), options, configure: AddTransports), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task WorkAsync(HostedJob job, QueueWorkOptions work, CancellationToken cancellationToken)
    {
        var worker = new WorkerOptions(work.Concurrency, work.IsBurst, ServesProbes: work.Port is > 0);
        var options = new ServeOptions
        {
            Port = work.Port ?? 0,
            Host = work.Host ?? ServeOptions.DefaultHost,
            ManifestPath = job.ManifestPath,
            Queues = work.Queues,
            Format = work.Format,
            Worker = worker,
        };
        var server = JobServer.Build(SourceOf(job), options, configure: AddTransports);
        var settings = server.Services.GetRequiredService<JobSettings>();
        if (settings.Error is null && settings.Manifest.Extra.Queues.Count == 0)
        {
            await server.DisposeAsync();
            throw new UsageException("There is no queue to work on; give --queue URL, or jobtype_extra.queues in the manifest.");
        }

        await JobServer.WorkAsync(server, worker, cancellationToken);
    }

    /// <inheritdoc/>
    public JobQueueClient CreateClient(string url)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddJobQueueClients();
        AddTransports(services);
        return services.BuildServiceProvider().GetRequiredService<JobQueueClients>().Create(url);
    }

    /// <inheritdoc/>
    public async Task<JobReport> InspectAsync(HostedJob job, CancellationToken cancellationToken)
    {
        // Standard output is for the report alone, whatever the job prints while it loads.
        Console.SetOut(Console.Error);
        var options = new ServeOptions { ManifestPath = job.ManifestPath };
        await using var server = JobServer.Build(SourceOf(job), options, [NoLogs], AddTransports);
        var loader = server.Services.GetServices<IHostedService>().OfType<JobRunner.Hosting.JobLoader>().Single();
        var served = server.Services.GetRequiredService<ServedJob>();

        await loader.StartAsync(cancellationToken);
        try
        {
            await served.WhenReady.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (served.Error is not null)
        {
            throw new JobLoadException(served.Error, exception);
        }

        var settings = server.Services.GetRequiredService<JobSettings>();
        return JobReport.Of(served.Loaded!.Definition, settings.Warnings);
    }

    private static void AddTransports(IServiceCollection services)
    {
        services.AddRedisQueues();
        services.AddNatsQueues();
        services.AddRabbitMqQueues();
    }

    private static LateSource SourceOf(HostedJob job) =>
        new(async cancellationToken =>
        {
            var loaded = await job.Loader.LoadAsync(cancellationToken);
            return new LateJobType(loaded.Type, loaded.XmlDocumentation);
        })
        {
            Directory = job.Directory,
        };
}
