using System.Collections;
using System.Reflection;

namespace JobRunner.Jobs;

/// <summary>Calls the members that a job class may have and need not.</summary>
internal static class OptionalMembers
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>Finds a public method by name and parameter types.</summary>
    /// <exception cref="JobLoadException">There is one of that name with another signature.</exception>
    public static MethodInfo? Find(Type type, string name, params Type[] parameters)
    {
        if (type.GetMethod(name, Public, parameters) is { } method)
            return method;
        if (Array.Exists(type.GetMethods(Public), candidate => candidate.Name == name))
        {
            throw new JobLoadException(
                $"{type.FullName}.{name} must have the signature {name}({string.Join(", ", parameters.Select(TypeNames.Of))}).");
        }

        return null;
    }

    /// <summary>Calls a public method, if there is one.</summary>
    /// <returns>What it returned; null where there is no such method.</returns>
    public static object? Call(object job, string name, params object?[] arguments)
    {
        var method = Find(job.GetType(), name, [.. arguments.Select(argument => argument!.GetType())]);
        return method is null ? null : Invoke(job, method, arguments);
    }

    public static object? Invoke(object? job, MethodInfo method, params object?[] arguments)
    {
        try
        {
            return method.Invoke(method.IsStatic ? null : job, arguments);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is { } inner)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    /// <summary>Entries of whatever kind of dictionary with string keys a member returned.</summary>
    /// <exception cref="JobLoadException">It is none.</exception>
    public static IEnumerable<KeyValuePair<string, object?>> Entries(string member, object? value)
    {
        switch (value)
        {
            case null:
                return [];
            case IEnumerable<KeyValuePair<string, object?>> entries:
                return entries;
            case IEnumerable<KeyValuePair<string, string>> entries:
                return entries.Select(entry => KeyValuePair.Create(entry.Key, (object?)entry.Value));
            case IEnumerable<KeyValuePair<string, StaticFile>> entries:
                return entries.Select(entry => KeyValuePair.Create(entry.Key, (object?)entry.Value));
            case IDictionary dictionary when dictionary.Keys.Cast<object>().All(key => key is string):
                return dictionary.Cast<DictionaryEntry>().Select(entry => KeyValuePair.Create((string)entry.Key, entry.Value));
            default:
                throw new JobLoadException(
                    $"{member}() must return a dictionary from path to value, not {TypeNames.Of(value.GetType())}.");
        }
    }
}
