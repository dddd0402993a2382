namespace JobRunner;

/// <summary>How a call is carried out.</summary>
public enum ExecutorKind
{
    /// <summary>The C# method in the host's own process.</summary>
    InProcess,

    /// <summary>The C# method in a warm child process.</summary>
    Isolated,

    /// <summary>A command per call.</summary>
    Process,

    /// <summary>A command in a container per call.</summary>
    Container,
}

/// <summary>When an image is pulled.</summary>
public enum ImagePull
{
    /// <summary>When the engine does not have it.</summary>
    Missing,

    /// <summary>Before every use.</summary>
    Always,

    /// <summary>Never: an image that is missing fails the call.</summary>
    Never,
}

/// <summary>The manifest's <c>executor</c>: how calls are carried out, and within which bounds.</summary>
public sealed record ExecutorOptions
{
    /// <summary>The kind; a bare string in the manifest means this.</summary>
    public ExecutorKind Kind { get; init; } = ExecutorKind.InProcess;

    /// <summary>The time a call may take; null: the call's or the task's own.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Bytes kept of each log stream; a longer result fails the call.</summary>
    public long MaxOutput { get; init; } = 1L << 20;

    /// <summary>Variables added to the minimal environment.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Isolated: children kept at least.</summary>
    public int PoolSize { get; init; } = 1;

    /// <summary>Isolated: children at most; null: the number of cores.</summary>
    public int? MaxPoolSize { get; init; }

    /// <summary>Isolated: calls after which a child is replaced; 0: no such bound.</summary>
    public int MaxCallsPerProcess { get; init; }

    /// <summary>Isolated: bytes of memory past which a child is replaced; null: no such bound.</summary>
    public long? MaxMemory { get; init; }

    /// <summary>The command and its arguments, with <c>{argument}</c> placeholders.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Name to command, for messages that carry a method.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Methods { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Where the result is read: <c>stdout</c> or <c>file:PATH</c>.</summary>
    public string Result { get; init; } = "stdout";

    /// <summary>The file that the result is read from; null: standard output.</summary>
    public string? ResultFile => Result.StartsWith("file:", StringComparison.Ordinal) ? Result["file:".Length..] : null;

    /// <summary>The working directory; null: a new folder per call.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>The time between SIGTERM and SIGKILL.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The user that a process runs as; null: the host's.</summary>
    public string? User { get; init; }

    /// <summary>The group that a process runs as; null: the host's.</summary>
    public string? Group { get; init; }

    /// <summary>Whether an argument may begin with <c>-</c>.</summary>
    public bool AllowOptions { get; init; }

    /// <summary>Resource limits of a process.</summary>
    public ProcessLimits Limits { get; init; } = new();

    /// <summary>Files brought before a call and fetched after it.</summary>
    public ArtifactOptions Artifacts { get; init; } = new();

    /// <summary>The container's image; null: the message names it.</summary>
    public string? Image { get; init; }

    /// <summary>Patterns of the images that a message may name; <c>*</c> and <c>?</c> match.</summary>
    public IReadOnlyList<string> AllowedImages { get; init; } = [];

    /// <summary>When the image is pulled.</summary>
    public ImagePull Pull { get; init; } = ImagePull.Missing;

    /// <summary>The container's network; <c>none</c> by default.</summary>
    public string Network { get; init; } = "none";

    /// <summary>Whether the container's root is read-only.</summary>
    public bool ReadOnly { get; init; } = true;

    /// <summary>Bytes of memory of a container.</summary>
    public long Memory { get; init; } = 512L << 20;

    /// <summary>Cores of a container.</summary>
    public double Cpus { get; init; } = 1;

    /// <summary>Processes in a container at most.</summary>
    public int Pids { get; init; } = 256;

    /// <summary>Bytes of a container's <c>/tmp</c>.</summary>
    public long TmpSize { get; init; } = 64L << 20;

    /// <summary>Capabilities given back; all are dropped by default.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>The user in a container; null: the image's own unless that is root, then 65534 where possible.</summary>
    public string? ContainerUser { get; init; }

    /// <summary>Host folders shown in a container.</summary>
    public IReadOnlyList<MountOptions> Mounts { get; init; } = [];

    /// <summary>Whether the command runs under strace and returns the trace.</summary>
    public bool Trace { get; init; }

    /// <summary>For <c>tasker</c>: whether <c>requirements.txt</c> may be installed.</summary>
    public bool Install { get; init; }

    /// <summary>Created containers kept ready per image.</summary>
    public int Warm { get; init; }

    /// <summary>Containers at once over all queues of the host; filled in by <c>MAX_CONTAINERS</c>.</summary>
    public int MaxContainers { get; init; } = 5;
}

/// <summary>Resource limits of a process; null: the host's own.</summary>
public sealed record ProcessLimits
{
    /// <summary>Bytes of address space.</summary>
    public long? Memory { get; init; }

    /// <summary>CPU time.</summary>
    public TimeSpan? Cpu { get; init; }

    /// <summary>Open files.</summary>
    public int? Files { get; init; }

    /// <summary>Processes of the user.</summary>
    public int? Processes { get; init; }
}

/// <summary>Files brought before a call and fetched after it.</summary>
public sealed record ArtifactOptions
{
    /// <summary>The folder that holds one folder per task; filled in by <c>ARTIFACT_STORE</c>; null: no artifacts.</summary>
    public string? Store { get; init; }

    /// <summary>The archive unpacked before the call.</summary>
    public string Input { get; init; } = "input.zip";

    /// <summary>The folder whose contents are packed after the call.</summary>
    public string Output { get; init; } = "output";

    /// <summary>Bytes that an archive may unpack to.</summary>
    public long MaxUnpacked { get; init; } = 10L << 30;
}

/// <summary>One host folder or file shown in a container.</summary>
public sealed record MountOptions
{
    /// <summary>The path on the host.</summary>
    public string Source { get; init; } = "";

    /// <summary>The absolute path in the container.</summary>
    public string Target { get; init; } = "";

    /// <summary>Whether it is read-only.</summary>
    public bool ReadOnly { get; init; } = true;
}
