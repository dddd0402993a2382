using System.Linq.Expressions;
using System.Reflection;

namespace JobRunner.Jobs;

/// <summary>Calls one method through a delegate compiled at load, and awaits what it returns.</summary>
internal sealed class MethodInvoker
{
    private const int MaxDelegateParameters = 16;

    private readonly Func<object?[], object?> _call;
    private readonly Func<object, ValueTask<object?>>? _await;

    private MethodInvoker(Func<object?[], object?> call, Type returnType)
    {
        _call = call;
        (ResultType, _await) = Unwrap(returnType);
    }

    /// <summary>Type of the result once awaited; <see cref="void"/> where there is none.</summary>
    public Type ResultType { get; }

    /// <summary>Whether the method itself returns only when its work is done.</summary>
    public bool IsSynchronous => _await is null && !IsAsyncStream(ResultType);

    public static MethodInvoker ForMethod(object instance, MethodInfo method)
    {
        // Func and Action end there, and a delegate type made at run time may not name the types of a job that can be unloaded.
        if (method.GetParameters().Length > MaxDelegateParameters)
        {
            var invoker = System.Reflection.MethodInvoker.Create(method);
            return new MethodInvoker(arguments => invoker.Invoke(instance, arguments.AsSpan()), method.ReturnType);
        }

        // Through a delegate, so that the job's method is never inlined into generated code: its name is what stack traces
        // and profiles are read for.
        var signature = Expression.GetDelegateType(
            [.. method.GetParameters().Select(parameter => parameter.ParameterType), method.ReturnType]);
        return ForDelegate(method.CreateDelegate(signature, method.IsStatic ? null : instance));
    }

    public static MethodInvoker ForDelegate(Delegate handler)
    {
        var arguments = Expression.Parameter(typeof(object?[]), "arguments");
        var signature = handler.GetType().GetMethod(nameof(Action.Invoke))!;
        var call = Expression.Invoke(Expression.Constant(handler), Unpack(signature.GetParameters(), arguments));
        return new MethodInvoker(Compile(call, arguments), signature.ReturnType);
    }

    public ValueTask<object?> InvokeAsync(object?[] arguments)
    {
        var result = _call(arguments);
        return _await is null || result is null ? new ValueTask<object?>(result) : _await(result);
    }

    private static IEnumerable<Expression> Unpack(ParameterInfo[] parameters, ParameterExpression arguments) =>
        parameters.Select((parameter, index) => Expression.Convert(
            Expression.ArrayIndex(arguments, Expression.Constant(index)), parameter.ParameterType));

    private static Func<object?[], object?> Compile(Expression call, ParameterExpression arguments)
    {
        Expression body = call.Type == typeof(void)
            ? Expression.Block(call, Expression.Constant(null))
            : Expression.Convert(call, typeof(object));
        return Expression.Lambda<Func<object?[], object?>>(body, arguments).Compile();
    }

    private static bool IsAsyncStream(Type type) => AsyncStreams.ElementType(type) is not null;

    private static (Type ResultType, Func<object, ValueTask<object?>>? Await) Unwrap(Type type)
    {
        if (type == typeof(Task))
            return (typeof(void), AwaitTaskAsync);
        if (type == typeof(ValueTask))
            return (typeof(void), AwaitValueTaskAsync);
        if (!type.IsGenericType)
            return (type, null);
        var definition = type.GetGenericTypeDefinition();
        var awaiter = definition == typeof(Task<>) ? nameof(AwaitTaskOfAsync)
            : definition == typeof(ValueTask<>) ? nameof(AwaitValueTaskOfAsync)
            : null;
        if (awaiter is null)
            return (type, null);
        var result = type.GetGenericArguments()[0];
        return (result, typeof(MethodInvoker).GetMethod(awaiter, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(result)
            .CreateDelegate<Func<object, ValueTask<object?>>>());
    }

    private static async ValueTask<object?> AwaitTaskAsync(object task)
    {
        await (Task)task;
        return null;
    }

    private static async ValueTask<object?> AwaitValueTaskAsync(object task)
    {
        await (ValueTask)task;
        return null;
    }

    private static async ValueTask<object?> AwaitTaskOfAsync<T>(object task) => await (Task<T>)task;

    private static async ValueTask<object?> AwaitValueTaskOfAsync<T>(object task) => await (ValueTask<T>)task;
}
