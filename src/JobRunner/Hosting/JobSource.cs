using JobRunner.Jobs;

namespace JobRunner.Hosting;

/// <summary>Where a job comes from.</summary>
internal abstract record JobSource
{
    /// <summary>Folder that the job lives in; null where it is not known.</summary>
    public string? Directory { get; init; }

    /// <summary>A class that is known when the host is built; its services join the host's.</summary>
    public sealed record Class(Type Type) : JobSource;

    /// <summary>An instance that somebody else has made.</summary>
    public sealed record Instance(object Job) : JobSource;

    /// <summary>A class that is loaded, compiled or built while the host runs already.</summary>
    public sealed record Late(Func<CancellationToken, Task<LateJobType>> LoadAsync) : JobSource;
}

/// <summary>A class that was loaded while the host ran.</summary>
/// <param name="Type">The class.</param>
/// <param name="XmlDocumentation">Text of its XML documentation file, where there is one.</param>
internal sealed record LateJobType(Type Type, string? XmlDocumentation);
