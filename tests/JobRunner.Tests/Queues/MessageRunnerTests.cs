using System.Reflection;
using JobRunner.Execution;
using JobRunner.Queues.Working;
using JobRunner.Tasks;

namespace JobRunner.Tests.Queues;

/// <summary>Messages whose run ends before it begins.</summary>
public sealed class MessageRunnerTests
{
    [Fact]
    public async Task A_message_that_cannot_be_begun_gives_its_place_back()
    {
        var worked = MessageRecordsTests.Worked(BrokenStore.Create());
        await using var gate = new CallGate(maxConcurrency: 1, maxQueue: null);
        using var running = new RunningMessages(worked.Store.Changes);
        var runner = new MessageRunner(worked, new ServedJob(), execution: null!, running, new MessageRecords(worked), outcomes: null!);

        runner.Start(new QueueLease(new QueueMessage { Body = "{}"u8.ToArray() }), gate.TryEnter()!.Value);

        await Execution.Eventually.TrueAsync(() => Task.FromResult(running.IsEmpty), () => "it still runs");
        gate.InFlight.ShouldBe(0);
    }

    /// <summary>A store that fails as no store should.</summary>
    public class BrokenStore : DispatchProxy
    {
        internal static ITaskStore Create() => Create<ITaskStore, BrokenStore>();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == $"get_{nameof(ITaskStore.Changes)}" ? new TaskChanges() : throw new InvalidOperationException("broken");
    }
}
