using JobRunner.Hosting;

namespace JobRunner;

/// <summary>Serves a job: over HTTP with probes, metrics and documentation.</summary>
public static class JobHost
{
    /// <summary>Serves a job class until the process is told to stop.</summary>
    /// <param name="args">Arguments of <c>Main</c>: <c>--port</c> (default 7000, or the variable <c>PORT</c>),
    /// <c>--host</c> (default 0.0.0.0), <c>--manifest-path</c>; anything else is the application's configuration.</param>
    /// <typeparam name="TJob">A class with a public <c>Perform</c> or <c>PerformAsync</c> method.</typeparam>
    /// <exception cref="JobLoadException">The server cannot listen where it shall.</exception>
    public static void ServeJobClass<TJob>(params string[] args)
        where TJob : class => ServeJobClassAsync<TJob>(args).GetAwaiter().GetResult();

    /// <summary>Serves a job class until the process is told to stop.</summary>
    /// <inheritdoc cref="ServeJobClass{TJob}"/>
    /// <param name="args">Arguments of <c>Main</c>.</param>
    /// <param name="cancellationToken">Stops the host when cancelled.</param>
    public static Task ServeJobClassAsync<TJob>(string[]? args = null, CancellationToken cancellationToken = default)
        where TJob : class => ServeAsync(JobSources.Of(typeof(TJob)), args, cancellationToken);

    /// <summary>Serves an object until the process is told to stop; it is not disposed.</summary>
    /// <inheritdoc cref="ServeJobClass{TJob}"/>
    /// <param name="job">Instance of a class with a public <c>Perform</c> or <c>PerformAsync</c> method.</param>
    /// <param name="args">Arguments of <c>Main</c>.</param>
    public static void ServeJobInstance(object job, params string[] args) =>
        ServeJobInstanceAsync(job, args).GetAwaiter().GetResult();

    /// <summary>Serves an object until the process is told to stop; it is not disposed.</summary>
    /// <inheritdoc cref="ServeJobInstance"/>
    /// <param name="job">Instance of a class with a public <c>Perform</c> or <c>PerformAsync</c> method.</param>
    /// <param name="args">Arguments of <c>Main</c>.</param>
    /// <param name="cancellationToken">Stops the host when cancelled.</param>
    public static Task ServeJobInstanceAsync(object job, string[]? args = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        return ServeAsync(JobSources.Of(job), args, cancellationToken);
    }

    private static Task ServeAsync(JobSource source, string[]? args, CancellationToken cancellationToken) =>
        JobServer.RunAsync(JobServer.Build(source, ServeOptions.Parse(args), args), cancellationToken);
}
