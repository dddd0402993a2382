using System.Reflection;

namespace JobRunner.Cli.Loading;

/// <summary>Says in one sentence why an assembly cannot be loaded.</summary>
internal static class AssemblyErrors
{
    /// <summary>Runs what loads an assembly, and explains its failure.</summary>
    /// <exception cref="JobLoadException">The assembly cannot be loaded.</exception>
    public static T Explain<T>(string path, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception exception) when (exception is not JobLoadException)
        {
            throw new JobLoadException(Describe(path, Root(exception)), exception);
        }
    }

    private static string Describe(string path, Exception cause)
    {
        var name = Path.GetFileName(path);
        return cause switch
        {
            BadImageFormatException when IsThe(path, cause) || cause is BadImageFormatException { FileName: null } =>
                $"{name} is not a .NET assembly that this runner can load; give the .dll that 'dotnet build' or "
                + "'dotnet publish' wrote.",
            FileNotFoundException { FileName: { } missing } when !IsThe(path, cause) =>
                $"{name} needs {ShortName(missing)}, which is not beside it; publish the job with 'dotnet publish' and "
                + "give the published .dll.",
            UnauthorizedAccessException =>
                $"{name} may not be read by this user; give read permission to {path}.",
            FileLoadException or IOException =>
                $"{name} cannot be read ({cause.Message.TrimEnd('.')}); end the program that holds it, or copy the job.",
            TypeLoadException =>
                $"{name} does not fit its dependencies ({cause.Message.TrimEnd('.')}); build it again and give the new .dll.",
            _ => $"{name} cannot be loaded ({cause.GetType().Name}: {cause.Message.TrimEnd('.')}); build it again.",
        };
    }

    private static Exception Root(Exception exception) => exception switch
    {
        ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } => Root(first),
        FileLoadException { InnerException: { } inner } => Root(inner),
        FileNotFoundException { InnerException: FileNotFoundException inner } => inner,
        _ => exception,
    };

    private static bool IsThe(string path, Exception cause) =>
        cause is BadImageFormatException { FileName: var bad } ? string.Equals(bad, path, StringComparison.Ordinal)
            : cause is FileNotFoundException { FileName: var missing }
                && string.Equals(missing, path, StringComparison.Ordinal);

    private static string ShortName(string assembly)
    {
        var name = new AssemblyName(assembly);
        return name.Version is null ? $"{name.Name}" : $"{name.Name} {name.Version}";
    }
}
