using System.Collections;
using JobRunner.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobRunner.Execution;

/// <summary>Calls the C# method in this process.</summary>
internal sealed class InProcessExecutor(LoadedJob job, ILogger jobLogger, InlineCalls inline, BlockingThreads threads)
    : IJobExecutor
{
    public ValueTask<JobOutcome> ExecuteAsync(JobCall call, CancellationToken cancellationToken)
    {
        if (call.IsDetached || !inline.TryEnter())
            return ExecuteOnThreadAsync(call, cancellationToken);
        try
        {
            return InvokeAsync(call, cancellationToken);
        }
        finally
        {
            inline.Exit();
        }
    }

    private ValueTask<JobOutcome> ExecuteOnThreadAsync(JobCall call, CancellationToken cancellationToken)
    {
        var completion = new TaskCompletionSource<JobOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        threads.Run(() =>
        {
            // What escaped here would end the process.
            try
            {
                var outcome = InvokeAsync(call, cancellationToken);
                if (outcome.IsCompletedSuccessfully)
                    completion.SetResult(outcome.Result);
                else
                    _ = CompleteAsync(outcome, completion);
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        });
        return new ValueTask<JobOutcome>(completion.Task);
    }

    private static async Task CompleteAsync(ValueTask<JobOutcome> outcome, TaskCompletionSource<JobOutcome> completion)
    {
        try
        {
            completion.SetResult(await outcome);
        }
        catch (Exception exception)
        {
            completion.SetException(exception);
        }
    }

    private ValueTask<JobOutcome> InvokeAsync(JobCall call, CancellationToken cancellationToken)
    {
        var binder = call.Endpoint.Binder;
        if (binder.NeedsServices)
            return InvokeInScopeAsync(call, cancellationToken);
        try
        {
            var result = call.Endpoint.Invoker.InvokeAsync(
                binder.Bind(call.Payload, Context(call, services: null, cancellationToken)));
            return result.IsCompletedSuccessfully
                ? new ValueTask<JobOutcome>(Finish(call.Endpoint, result.Result))
                : AwaitAsync(call.Endpoint, result);
        }
        catch (Exception exception)
        {
            return new ValueTask<JobOutcome>(JobOutcome.Failed(exception));
        }
    }

    private async ValueTask<JobOutcome> InvokeInScopeAsync(JobCall call, CancellationToken cancellationToken)
    {
        var scope = job.Services.CreateAsyncScope();
        JobOutcome outcome;
        try
        {
            var arguments = call.Endpoint.Binder.Bind(
                call.Payload, Context(call, scope.ServiceProvider, cancellationToken));
            outcome = Finish(call.Endpoint, await call.Endpoint.Invoker.InvokeAsync(arguments));
        }
        catch (Exception exception)
        {
            outcome = JobOutcome.Failed(exception);
        }

        // A stream still needs its services while it is read.
        if (outcome.IsSuccess && IsReadLater(call.Endpoint, outcome.Value))
            outcome.WhenRead = scope.DisposeAsync;
        else
            await scope.DisposeAsync();
        return outcome;
    }

    private static async ValueTask<JobOutcome> AwaitAsync(EndpointDefinition endpoint, ValueTask<object?> result)
    {
        try
        {
            return Finish(endpoint, await result);
        }
        catch (Exception exception)
        {
            return JobOutcome.Failed(exception);
        }
    }

    private static JobOutcome Finish(EndpointDefinition endpoint, object? value)
    {
        // A lazy sequence runs the job's code when it is enumerated: that belongs to the call, and so do its errors.
        if (value is IEnumerable sequence and not (string or ICollection) && !IsReadLater(endpoint, value)
            && endpoint.ResultType is { IsInterface: true, IsGenericType: true } declared
            && declared.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            value = Materialize(sequence, declared.GetGenericArguments()[0]);
        return JobOutcome.Success(value);
    }

    private static IList Materialize(IEnumerable sequence, Type elementType)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(elementType))!;
        foreach (var item in sequence)
            list.Add(item);
        return list;
    }

    /// <summary>Whether a result is made while it is read.</summary>
    internal static bool IsReadLater(EndpointDefinition endpoint, object? value) =>
        endpoint.StreamElementType is not null || value is Stream or Microsoft.AspNetCore.Http.IResult;

    private BindingContext Context(JobCall call, IServiceProvider? services, CancellationToken cancellationToken) =>
        new(services, call.HttpContext, call.Endpoint.Binder.NeedsJobContext ? ContextOf(call) : null, cancellationToken);

    private JobContext ContextOf(JobCall call) => new(
        call.Id, jobLogger, call.TaskId, call.Attempt, call.CallerName, call.TracingId, call.Progress);
}
