using System.Reflection;
using System.Runtime.CompilerServices;

namespace JobRunner.Jobs;

/// <summary>Looks at <see cref="IAsyncEnumerable{T}"/> results whatever their element type is.</summary>
internal static class AsyncStreams
{
    private static readonly MethodInfo BoxMethod =
        typeof(AsyncStreams).GetMethod(nameof(Box), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Element type of an asynchronous stream; null where the type is none.</summary>
    public static Type? ElementType(Type type)
    {
        if (IsStream(type))
            return type.GetGenericArguments()[0];
        return type.IsValueType || type == typeof(object)
            ? null
            : Array.Find(type.GetInterfaces(), IsStream)?.GetGenericArguments()[0];
    }

    /// <summary>Compiles a view of streams of <paramref name="elementType"/> as streams of objects.</summary>
    public static Func<object, CancellationToken, IAsyncEnumerable<object?>> Boxing(Type elementType) =>
        BoxMethod.MakeGenericMethod(elementType)
            .CreateDelegate<Func<object, CancellationToken, IAsyncEnumerable<object?>>>();

    private static bool IsStream(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);

    private static async IAsyncEnumerable<object?> Box<T>(
        object stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in ((IAsyncEnumerable<T>)stream).WithCancellation(cancellationToken))
            yield return item;
    }
}
