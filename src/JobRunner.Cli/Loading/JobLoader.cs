using System.Reflection;

namespace JobRunner.Cli.Loading;

/// <summary>Loads the job class that a <see cref="JobSource"/> leads to.</summary>
/// <param name="source">The file to load.</param>
/// <param name="className">The full or simple name of the class; null takes the only one there is.</param>
/// <param name="cache">Where files that the SDK builds are kept; null is the user's own cache.</param>
internal sealed class JobLoader(JobSource source, string? className = null, BuildCache? cache = null)
{
    private readonly BuildCache _cache = cache ?? BuildCache.OfUser();

    /// <summary>Builds what has to be built and loads the class. Each call loads the job anew.</summary>
    /// <exception cref="JobLoadException">The job does not build or load, or its class is not there.</exception>
    public async Task<LoadedJobType> LoadAsync(CancellationToken cancellationToken)
    {
        // Compiling and loading are work for a processor: the caller goes on to serve its probes meanwhile.
        return source.Kind switch
        {
            JobSourceKind.CSharpFile => await LoadFileAsync(cancellationToken),
            JobSourceKind.Project =>
                await LoadAssemblyAsync(await SdkBuild.ProjectAsync(source.Path, _cache, cancellationToken), cancellationToken),
            _ => await LoadAssemblyAsync(source.Path, cancellationToken),
        };
    }

    private async Task<LoadedJobType> LoadFileAsync(CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(source.Path, cancellationToken);
        var directives = FileDirectives.Of(text);
        if (directives.Any)
        {
            var assembly = await SdkBuild.FileAsync(source.Path, text, directives, _cache, cancellationToken);
            return await LoadAssemblyAsync(assembly, cancellationToken);
        }

        return await Task.Run(() => LoadCompiled(text, cancellationToken), cancellationToken);
    }

    private LoadedJobType LoadCompiled(string text, CancellationToken cancellationToken)
    {
        var compiled = CSharpFileCompiler.Compile(source.Path, text, cancellationToken);
        var context = JobLoadContext.InMemory(Path.GetFileNameWithoutExtension(source.Path));
        return InContext(context, () =>
            Loaded(context.LoadFromStream(compiled.Assembly, compiled.Symbols), compiled.XmlDocumentation, context));
    }

    private Task<LoadedJobType> LoadAssemblyAsync(string path, CancellationToken cancellationToken) =>
        Task.Run(() => AssemblyErrors.Explain(path, () => LoadAssembly(path)), cancellationToken);

    private LoadedJobType LoadAssembly(string path)
    {
        var context = JobLoadContext.ForFile(path);
        var documentation = Path.ChangeExtension(path, ".xml");
        return InContext(context, () => Loaded(
            context.LoadFromAssemblyPath(path),
            File.Exists(documentation) ? File.ReadAllText(documentation) : null,
            context));
    }

    private LoadedJobType Loaded(Assembly assembly, string? xmlDocumentation, JobLoadContext context)
    {
        var type = JobClassFinder.Find(assembly, className);
        ResolveSignatures(type);
        return new LoadedJobType(type, xmlDocumentation, source.Directory, context);
    }

    // Types of a signature are resolved when first looked at; here a missing dependency can still be explained.
    private static void ResolveSignatures(Type type)
    {
        foreach (var member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
        {
            if (member is MethodBase called)
                _ = called.GetParameters();
            if (member is MethodInfo method)
                _ = method.ReturnType;
        }
    }

    // What fails to load is let go of, since a watched job may fail many times.
    private static LoadedJobType InContext(JobLoadContext context, Func<LoadedJobType> load)
    {
        try
        {
            return load();
        }
        catch
        {
            context.Unload();
            throw;
        }
    }
}
