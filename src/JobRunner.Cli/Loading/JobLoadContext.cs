using System.Reflection;
using System.Runtime.Loader;

namespace JobRunner.Cli.Loading;

/// <summary>
/// Holds one job and its dependencies, apart from the runner's own. Collectible, so that a job can be replaced while
/// the process keeps serving.
/// </summary>
internal sealed class JobLoadContext : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver? _dependencies;

    private JobLoadContext(string name, AssemblyDependencyResolver? dependencies)
        : base(name, isCollectible: true) => _dependencies = dependencies;

    /// <summary>A context for an assembly compiled in memory, which has no dependencies of its own.</summary>
    public static JobLoadContext InMemory(string name) => new(name, dependencies: null);

    /// <summary>A context for an assembly on disk, with the dependencies of its <c>.deps.json</c> or its folder.</summary>
    public static JobLoadContext ForFile(string assemblyPath) =>
        new(Path.GetFileNameWithoutExtension(assemblyPath), new AssemblyDependencyResolver(assemblyPath));

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (SharedAssemblies.Current.Provides(assemblyName))
            return null;

        // Returning null would fall back to the runner's own dependencies, and a job must not come to lean on those.
        var path = _dependencies?.ResolveAssemblyToPath(assemblyName)
            ?? throw new FileNotFoundException($"The job needs the assembly {assemblyName}.", assemblyName.FullName);
        return LoadFromAssemblyPath(path);
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _dependencies?.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
