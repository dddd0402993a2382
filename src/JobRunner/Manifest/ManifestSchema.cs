namespace JobRunner.Manifest;

/// <summary>The keys of the manifest itself and of <c>jobtype_extra</c>.</summary>
internal static class ManifestSchema
{
    private static readonly Kind<string> PathPrefix = (node, at) => "/" + Kinds.Text(node, at).TrimStart('/');

    private static readonly Kind<UnknownArguments> UnknownArgumentsName = Kinds.OneOf(
        ("refuse", UnknownArguments.Refuse), ("ignore", UnknownArguments.Ignore));

    private static readonly Kind<DashboardMode> DashboardName = Kinds.OneOf(
        ("on", DashboardMode.On), ("read-only", DashboardMode.ReadOnly), ("off", DashboardMode.Off));

    public static Schema<JobTypeExtra> ExtraKeys { get; } = new()
    {
        { "home_page", Kinds.Path, (extra, value) => extra with { HomePage = value } },
        { "max_concurrency", Kinds.Whole(0), (extra, value) => extra with { MaxConcurrency = value == 0 ? null : value } },
        { "max_concurrency_queue", Kinds.Whole(0), (extra, value) => extra with { MaxConcurrencyQueue = value } },
        { "timeout", Kinds.Wait, (extra, value) => extra with { Timeout = value == TimeSpan.Zero ? null : value } },
        { "max_body_size", Kinds.Size, (extra, value) => extra with { MaxBodySize = value } },
        { "cors_origins", Kinds.ListOf(Kinds.Origin), (extra, value) => extra with { CorsOrigins = value } },
        { "shutdown_delay", Kinds.Wait, (extra, value) => extra with { ShutdownDelay = value } },
        { "shutdown_grace", Kinds.Wait, (extra, value) => extra with { ShutdownGrace = value } },
        { "unknown_arguments", UnknownArgumentsName, (extra, value) => extra with { UnknownArguments = value } },
        { "named_floats", Kinds.Flag, (extra, value) => extra with { NamedFloats = value } },
        { "store", Kinds.StoreUrl, (extra, value) => extra with { Store = value } },
        { "task_timeout", Kinds.PositiveWait, (extra, value) => extra with { TaskTimeout = value } },
        { "task_retention", Kinds.Period, (extra, value) => extra with { TaskRetention = value } },
        { "failed_retention", Kinds.Period, (extra, value) => extra with { FailedRetention = value } },
        { "max_queued_tasks", Kinds.Whole(1), (extra, value) => extra with { MaxQueuedTasks = value } },
        { "max_interruptions", Kinds.Whole(0), (extra, value) => extra with { MaxInterruptions = value } },
        { "webhook_hosts", Kinds.ListOf(Kinds.Text), (extra, value) => extra with { WebhookHosts = value } },
        { "dashboard", ReadDashboard, (extra, value) => extra with { Dashboard = value } },
        { "executor", ExecutorSchema.Read, (extra, value) => extra with { Executor = value } },
        { "queues", Kinds.ListOf(QueueSchema.Read), (extra, value) => extra with { Queues = value } },
    };

    public static Schema<GitSource> GitKeys { get; } = new()
    {
        { "remote", Kinds.Text, (git, value) => git with { Remote = value } },
        { "branch", Kinds.Text, (git, value) => git with { Branch = value } },
        { "directory", Kinds.Text, (git, value) => git with { Directory = value } },
    };

    public static Schema<ResourceRequest> ResourceKeys { get; } = new()
    {
        { "memory_min", Kinds.Text, (resources, value) => resources with { MemoryMin = value } },
        { "memory_max", Kinds.Text, (resources, value) => resources with { MemoryMax = value } },
        { "cpu_min", Kinds.Text, (resources, value) => resources with { CpuMin = value } },
        { "cpu_max", Kinds.Text, (resources, value) => resources with { CpuMax = value } },
    };

    public static Schema<JobManifest> Keys { get; } = new()
    {
        { "name", Kinds.Text, (manifest, value) => manifest with { Name = value } },
        { "version", Kinds.Text, (manifest, value) => manifest with { Version = value } },
        { "owner_email", Kinds.Text, (manifest, value) => manifest with { OwnerEmail = value } },
        { "jobtype", Kinds.Text, (manifest, value) => manifest with { JobType = value } },
        { "git", ReadGit, (manifest, value) => manifest with { Git = value } },
        { "runtime_env", Kinds.Variables, (manifest, value) => manifest with { RuntimeEnv = value } },
        { "secret_runtime_env_file", Kinds.Text, (manifest, value) => manifest with { SecretRuntimeEnvFile = value } },
        { "build_env", Kinds.Variables, (manifest, value) => manifest with { BuildEnv = value } },
        { "public_endpoints", Kinds.ListOf(PathPrefix), (manifest, value) => manifest with { PublicEndpoints = value } },
        { "resources", ReadResources, (manifest, value) => manifest with { Resources = value } },
        { "replicas", Kinds.Whole(0), (manifest, value) => manifest with { Replicas = value } },
        { "labels", Kinds.MapOf(Kinds.Text, (node, _) => node.ToPlain()), (manifest, value) => manifest with { Labels = value } },
        { "jobtype_extra", ReadExtra, (manifest, value) => manifest with { Extra = value } },
    };

    public static JobManifest Read(MapNode document, LoadContext load)
    {
        var root = new Place(load, "");
        var unknown = new Dictionary<string, object?>(StringComparer.Ordinal);
        var start = new JobManifest { Extra = ReadExtra(MapNode.Empty, root.Of("jobtype_extra")) };
        var manifest = Keys.Read(document, root, start, (entry, _, _) => unknown[entry.Key.Text] = entry.Value.ToPlain());
        return manifest with
        {
            Unknown = unknown.AsReadOnly(),
            Document = document.ToPlain(),
        };
    }

    private static JobTypeExtra ReadExtra(ManifestNode node, Place at) =>
        ExtraKeys.Read(node, at, new JobTypeExtra { Executor = ExecutorSchema.Read(MapNode.Empty, at) }, UnknownKeys.Warn);

    private static GitSource ReadGit(ManifestNode node, Place at) =>
        GitKeys.Read(node, at, new GitSource(), UnknownKeys.Ignore);

    private static ResourceRequest ReadResources(ManifestNode node, Place at) =>
        ResourceKeys.Read(node, at, new ResourceRequest(), UnknownKeys.Ignore);

    // YAML 1.1 writers turn "on" and "off" into true and false.
    private static DashboardMode ReadDashboard(ManifestNode node, Place at) =>
        node is ScalarNode scalar && PlainScalar.Flag(scalar) is { } flag
            ? flag ? DashboardMode.On : DashboardMode.Off
            : DashboardName(node, at);
}
