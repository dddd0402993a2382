namespace JobRunner.Manifest;

/// <summary>The keys of <c>executor</c>.</summary>
internal static class ExecutorSchema
{
    private static readonly Kind<ExecutorKind> KindName = Kinds.OneOf(
        ("in-process", ExecutorKind.InProcess),
        ("isolated", ExecutorKind.Isolated),
        ("process", ExecutorKind.Process),
        ("container", ExecutorKind.Container));

    private static readonly Kind<ImagePull> PullName = Kinds.OneOf(
        ("missing", ImagePull.Missing), ("always", ImagePull.Always), ("never", ImagePull.Never));

    private static readonly Kind<IReadOnlyList<string>> Command = Kinds.ListOf(Kinds.TextThat(
        "text; an unquoted {argument} is a mapping, so quote it", _ => true));

    public static Schema<ExecutorOptions> Keys { get; } = new()
    {
        { "kind", KindName, (executor, value) => executor with { Kind = value } },
        { "timeout", Kinds.PositiveWait, (executor, value) => executor with { Timeout = value } },
        { "max_output", Kinds.Size, (executor, value) => executor with { MaxOutput = value } },
        { "env", Kinds.Variables, (executor, value) => executor with { Env = value } },
        { "pool_size", Kinds.Whole(1), (executor, value) => executor with { PoolSize = value } },
        { "max_pool_size", Kinds.Whole(1), (executor, value) => executor with { MaxPoolSize = value } },
        { "max_calls_per_process", Kinds.Whole(0), (executor, value) => executor with { MaxCallsPerProcess = value } },
        { "max_memory", Kinds.Size, (executor, value) => executor with { MaxMemory = value } },
        { "command", Command, (executor, value) => executor with { Command = value } },
        { "methods", Kinds.MapOf(Kinds.Text, Command), (executor, value) => executor with { Methods = value } },
        { "result", Kinds.TextThat("stdout or file:PATH", IsResult), (executor, value) => executor with { Result = value } },
        { "working_dir", Kinds.Text, (executor, value) => executor with { WorkingDir = value } },
        { "kill_grace", Kinds.Wait, (executor, value) => executor with { KillGrace = value } },
        { "user", Kinds.Text, (executor, value) => executor with { User = value } },
        { "group", Kinds.Text, (executor, value) => executor with { Group = value } },
        { "allow_options", Kinds.Flag, (executor, value) => executor with { AllowOptions = value } },
        { "limits", ReadLimits, (executor, value) => executor with { Limits = value } },
        { "artifacts", ReadArtifacts, (executor, value) => executor with { Artifacts = value } },
        { "image", Kinds.Text, (executor, value) => executor with { Image = value } },
        { "allowed_images", Kinds.ListOf(Kinds.Text), (executor, value) => executor with { AllowedImages = value } },
        { "pull", PullName, (executor, value) => executor with { Pull = value } },
        { "network", Kinds.Text, (executor, value) => executor with { Network = value } },
        { "read_only", Kinds.Flag, (executor, value) => executor with { ReadOnly = value } },
        { "memory", Kinds.Size, (executor, value) => executor with { Memory = value } },
        { "cpus", Kinds.Positive, (executor, value) => executor with { Cpus = value } },
        { "pids", Kinds.Whole(1), (executor, value) => executor with { Pids = value } },
        { "tmp_size", Kinds.Size, (executor, value) => executor with { TmpSize = value } },
        { "capabilities", Kinds.ListOf(Kinds.Text), (executor, value) => executor with { Capabilities = value } },
        { "container_user", Kinds.Text, (executor, value) => executor with { ContainerUser = value } },
        { "mounts", Kinds.ListOf(ReadMount), (executor, value) => executor with { Mounts = value } },
        { "trace", Kinds.Flag, (executor, value) => executor with { Trace = value } },
        { "install", Kinds.Flag, (executor, value) => executor with { Install = value } },
        { "warm", Kinds.Whole(0), (executor, value) => executor with { Warm = value } },
        { "max_containers", Kinds.Whole(1), (executor, value) => executor with { MaxContainers = value }, "MAX_CONTAINERS" },
    };

    public static Schema<ProcessLimits> LimitKeys { get; } = new()
    {
        { "memory", Kinds.Size, (limits, value) => limits with { Memory = value } },
        { "cpu", Kinds.PositiveWait, (limits, value) => limits with { Cpu = value } },
        { "files", Kinds.Whole(1), (limits, value) => limits with { Files = value } },
        { "processes", Kinds.Whole(1), (limits, value) => limits with { Processes = value } },
    };

    public static Schema<ArtifactOptions> ArtifactKeys { get; } = new()
    {
        { "store", Kinds.Text, (artifacts, value) => artifacts with { Store = value }, "ARTIFACT_STORE" },
        { "input", Kinds.Text, (artifacts, value) => artifacts with { Input = value } },
        { "output", Kinds.Text, (artifacts, value) => artifacts with { Output = value } },
        { "max_unpacked", Kinds.Size, (artifacts, value) => artifacts with { MaxUnpacked = value } },
    };

    public static Schema<MountOptions> MountKeys { get; } = new()
    {
        { "source", Kinds.Text, (mount, value) => mount with { Source = value } },
        { "target", Kinds.Path, (mount, value) => mount with { Target = value } },
        { "read_only", Kinds.Flag, (mount, value) => mount with { ReadOnly = value } },
    };

    /// <summary>Reads an executor, or a bare string, which is its kind.</summary>
    public static ExecutorOptions Read(ManifestNode node, Place at)
    {
        // Absent keys are read too: the environment fills in what the manifest leaves out.
        var start = new ExecutorOptions { Artifacts = ReadArtifacts(MapNode.Empty, at) };
        if (node is ScalarNode)
            return Keys.Read(MapNode.Empty, at, start, UnknownKeys.Refuse) with { Kind = KindName(node, at) };

        var executor = Keys.Read(node, at, start, UnknownKeys.Refuse);
        if (executor.MaxPoolSize < executor.PoolSize && ((MapNode)node).Find("max_pool_size") is { } most)
            throw at.Of("max_pool_size").Wrong(most, $"at least the pool_size of {executor.PoolSize}");
        return executor;
    }

    private static ProcessLimits ReadLimits(ManifestNode node, Place at) =>
        LimitKeys.Read(node, at, new ProcessLimits(), UnknownKeys.Refuse);

    private static ArtifactOptions ReadArtifacts(ManifestNode node, Place at) =>
        ArtifactKeys.Read(node, at, new ArtifactOptions(), UnknownKeys.Refuse);

    private static MountOptions ReadMount(ManifestNode node, Place at)
    {
        var mount = MountKeys.Read(node, at, new MountOptions(), UnknownKeys.Refuse);
        if (mount.Source.Length == 0) throw at.Missing(node, "source");
        if (mount.Target.Length == 0) throw at.Missing(node, "target");
        return mount;
    }

    private static bool IsResult(string text) =>
        text is "stdout" || (text.StartsWith("file:", StringComparison.Ordinal) && text.Length > "file:".Length);
}
