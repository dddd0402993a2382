using System.Runtime.Loader;

namespace JobRunner.Cli.Loading;

/// <summary>A job class, ready to be served.</summary>
/// <param name="Type">The job class.</param>
/// <param name="XmlDocumentation">The XML documentation file of the class's assembly, as text; null without one.</param>
/// <param name="Directory">Where the job lives: its manifest and its static files are looked up here.</param>
/// <param name="Context">The context that holds the job's assemblies; unloading it lets go of them.</param>
internal sealed record LoadedJobType(
    Type Type,
    string? XmlDocumentation,
    string Directory,
    AssemblyLoadContext Context);
