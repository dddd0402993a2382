using System.Reflection;
using System.Text;
using JobRunner.Queues.Formats;
using JobRunner.Queues.Working;
using JobRunner.Tasks;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Tests.Queues;

/// <summary>Records of messages that a broker holds, in a store that goes away and comes back.</summary>
public sealed class MessageRecordsTests : IDisposable
{
    private static readonly TaskOutcome Done = new() { HttpStatus = 200, Result = "42"u8.ToArray() };

    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-records-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_outcome_is_recorded_although_the_store_was_away_when_its_run_began()
    {
        await using var transport = new JobRunner.Tasks.Embedded.EmbeddedTransport(TimeProvider.System);
        var store = transport.Create(QueueUrl.Parse($"sqlite:{_folder}/tasks.db"));
        await store.OpenAsync(CancellationToken.None);
        var away = AwayAtFirst.Before(store);
        var records = new MessageRecords(Worked(away));
        using var run = new MessageRun(new QueueLease(new QueueMessage { Id = "a", Body = "{}"u8.ToArray() }))
        {
            Call = new MessageCall("/perform", "{}"u8.ToArray()),
        };
        await Should.ThrowAsync<TaskStoreException>(() => records.BeginAsync(run, run.Call, CancellationToken.None));

        var isRecorded = await records.EndAsync(run, new MessageEnding(EndingKind.Complete, Done), delay: null, CancellationToken.None);

        isRecorded.ShouldBeTrue();
        var record = await store.GetAsync("a", CancellationToken.None);
        record!.Status.ShouldBe(TaskState.Completed);
        Encoding.UTF8.GetString(record.Result!.Value.Span).ShouldBe("42");
    }

    [Fact]
    public async Task What_could_not_be_read_has_a_record_of_its_failure()
    {
        await using var transport = new JobRunner.Tasks.Embedded.EmbeddedTransport(TimeProvider.System);
        var store = transport.Create(QueueUrl.Parse($"sqlite:{_folder}/tasks.db"));
        await store.OpenAsync(CancellationToken.None);
        using var run = new MessageRun(new QueueLease(new QueueMessage { Id = "b", Body = "no JSON"u8.ToArray() }));
        var failure = TaskFailures.Of("the message is no JSON", "MessageFormatError", status: 422);

        await new MessageRecords(Worked(store)).EndAsync(
            run, new MessageEnding(EndingKind.DeadLetter, failure), delay: null, CancellationToken.None);

        var record = await store.GetAsync("b", CancellationToken.None);
        (record!.Status, record.Error).ShouldBe((TaskState.Failed, "the message is no JSON"));
    }

    internal static WorkedQueue Worked(ITaskStore store) => new()
    {
        Queue = AtBroker.Queue(),
        Options = QueueOptions.FromUrl("memory:"),
        Format = new JobFormat(),
        Records = store,
        Instruments = null!,
        Timeout = TimeSpan.FromHours(1),
        MaxInterruptions = 10,
        Time = TimeProvider.System,
        Logger = NullLogger.Instance,
    };

    /// <summary>A store whose first call fails.</summary>
    public class AwayAtFirst : DispatchProxy
    {
        private ITaskStore _store = null!;
        private bool _isBack;

        internal static ITaskStore Before(ITaskStore store)
        {
            var proxy = Create<ITaskStore, AwayAtFirst>();
            ((AwayAtFirst)(object)proxy)._store = store;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (_isBack)
                return targetMethod!.Invoke(_store, args);
            _isBack = true;
            throw new TaskStoreException("The task store is away.");
        }
    }

    /// <summary>A queue that keeps no records.</summary>
    public class AtBroker : DispatchProxy
    {
        internal static IJobQueue Queue() => Create<IJobQueue, AtBroker>();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == $"get_{nameof(IJobQueue.Name)}" ? "math" : null;
    }
}
