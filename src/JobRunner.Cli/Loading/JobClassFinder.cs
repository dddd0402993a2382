using System.Reflection;

namespace JobRunner.Cli.Loading;

/// <summary>
/// Picks the job class of an assembly: a public, concrete class with a public instance method <c>Perform</c> or
/// <c>PerformAsync</c>.
/// </summary>
internal static class JobClassFinder
{
    private const string Wanted = "a public, concrete class with a public instance method Perform or PerformAsync";
    private const BindingFlags AnyMethod =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>Finds the job class.</summary>
    /// <param name="assembly">Where to look.</param>
    /// <param name="className">The full or simple name of the class to take; null takes the only candidate.</param>
    /// <exception cref="JobLoadException">There is no such class, or several.</exception>
    public static Type Find(Assembly assembly, string? className = null)
    {
        var types = assembly.GetTypes();
        return className is null ? FindOnly(assembly, types) : FindNamed(assembly, types, className);
    }

    private static Type FindOnly(Assembly assembly, Type[] types)
    {
        var candidates = Array.FindAll(types, type => Refusal(type) is null);
        if (candidates.Length == 1)
            return candidates[0];
        if (candidates.Length > 1)
        {
            throw new JobLoadException(
                $"{NameOf(assembly)} has {candidates.Length} job classes ({Names(candidates)}); "
                + $"choose one with --class {FullName(Sorted(candidates).First())}.");
        }

        var nearMisses = types.Where(HasPerform).Select(type => $"{FullName(type)} {Refusal(type)}").Take(5).ToArray();
        if (nearMisses.Length > 0)
        {
            throw new JobLoadException(
                $"{NameOf(assembly)} has no job class: {string.Join("; ", nearMisses)}. A job is {Wanted}; "
                + "change that, or choose a class with --class Namespace.Name.");
        }

        var classes = Array.FindAll(types, type => type is { IsClass: true, IsVisible: true });
        var found = classes.Length == 0 ? "it has no public class" : $"found {Names(classes)} without Perform";
        throw new JobLoadException(
            $"{NameOf(assembly)} has no job class: {found}. Add {Wanted}, or choose a class with --class Namespace.Name.");
    }

    private static Type FindNamed(Assembly assembly, Type[] types, string className)
    {
        var named = Array.FindAll(types, type => Is(FullName(type)) || Is(type.FullName));
        if (named.Length == 0)
            named = Array.FindAll(types, type => Is(type.Name));
        if (named.Length > 1)
            named = Array.FindAll(named, type => Refusal(type) is null) is { Length: > 0 } usable ? usable : named;

        if (named.Length == 0)
        {
            var candidates = Array.FindAll(types, type => Refusal(type) is null);
            var found = candidates.Length == 0 ? $"Add {Wanted}" : $"Its job classes are: {Names(candidates)}";
            throw new JobLoadException($"{NameOf(assembly)} has no class '{className}'. {found}.");
        }

        if (named.Length > 1)
        {
            throw new JobLoadException(
                $"{NameOf(assembly)} has {named.Length} classes named '{className}' ({Names(named)}); "
                + $"give the full name: --class {FullName(Sorted(named).First())}.");
        }

        return Refusal(named[0]) is { } refusal
            ? throw new JobLoadException($"The class {FullName(named[0])} {refusal}. A job is {Wanted}.")
            : named[0];

        bool Is(string? name) => string.Equals(name, className, StringComparison.Ordinal);
    }

    /// <summary>Why the type is not a job class; null when it is one.</summary>
    private static string? Refusal(Type type) => type switch
    {
        { IsClass: false } => "is not a class",
        { IsAbstract: true, IsSealed: true } => "is static",
        { IsAbstract: true } => "is abstract",
        { ContainsGenericParameters: true } => "is generic",
        { IsVisible: false } => "is not public",
        _ when PerformMethods(type).Any(method => method is { IsPublic: true, IsStatic: false }) => null,
        _ when PerformMethods(type).Any(method => method.IsPublic) => "has a Perform that is static",
        _ when PerformMethods(type).Any() => "has a Perform that is not public",
        _ => "has no method Perform or PerformAsync",
    };

    // An interface or a delegate that happens to have the method is no near miss: nobody meant it to be the job.
    private static bool HasPerform(Type type) => type.IsClass && PerformMethods(type).Any();

    private static IEnumerable<MethodInfo> PerformMethods(Type type) =>
        type.GetMethods(AnyMethod | BindingFlags.FlattenHierarchy)
            .Where(method => method.Name is "Perform" or "PerformAsync");

    private static string NameOf(Assembly assembly) => $"The assembly {assembly.GetName().Name}";

    private static string FullName(Type type) => type.FullName?.Replace('+', '.') ?? type.Name;

    private static IEnumerable<Type> Sorted(IEnumerable<Type> types) => types.OrderBy(FullName, StringComparer.Ordinal);

    private static string Names(Type[] types) =>
        string.Join(", ", Sorted(types).Take(10).Select(FullName)) + (types.Length > 10 ? ", …" : "");
}
