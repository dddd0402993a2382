using System.Buffers;
using JobRunner.Execution;
using JobRunner.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Tests.Execution;

public sealed class ThreadTests
{
    [Fact]
    public async Task A_fast_synchronous_call_runs_on_the_thread_that_carries_the_request()
    {
        var executor = Executor(new HeldJob(), out var definition);
        var here = Environment.CurrentManagedThreadId;
        (await executor.ExecuteAsync(Call(definition, "/thread"), CancellationToken.None)).Value.ShouldBe(here);
    }

    [Fact]
    public async Task Calls_that_block_leave_the_pool_to_others()
    {
        var job = new HeldJob();
        var executor = Executor(job, out var definition);
        var blocked = Enumerable.Range(0, 200)
            .Select(_ => Task.Run(() => executor.ExecuteAsync(Call(definition, "/blocking"), CancellationToken.None).AsTask()))
            .ToList();
        await Eventually.TrueAsync(() => job.Started.Count == 200, () => $"only {job.Started.Count} of 200 calls have started");

        await Eventually.Ends(Task.Run(() => true));

        job.End();
        (await Task.WhenAll(blocked)).ShouldAllBe(outcome => outcome.IsSuccess);
    }

    [Fact]
    public async Task A_detached_call_never_runs_on_the_callers_thread()
    {
        var executor = Executor(new HeldJob(), out var definition);
        var call = Call(definition, "/thread");
        call.IsDetached = true;
        var here = Environment.CurrentManagedThreadId;
        (await executor.ExecuteAsync(call, CancellationToken.None)).Value.ShouldNotBe(here);
    }

    private static InProcessExecutor Executor(object job, out JobDefinition definition)
    {
        definition = JobDefinition.Create(job);
        var loaded = new LoadedJob(job, definition, new ServiceCollection().BuildServiceProvider());
        return new InProcessExecutor(loaded, NullLogger.Instance, new InlineCalls(), new BlockingThreads());
    }

    private static JobCall Call(JobDefinition definition, string path) => new()
    {
        Endpoint = definition.Endpoints.Single(endpoint => endpoint.Path == path),
        Payload = new ReadOnlySequence<byte>(PayloadCheck.EmptyObject),
    };
}
