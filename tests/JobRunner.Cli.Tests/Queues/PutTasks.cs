namespace JobRunner.Cli.Tests.Queues;

/// <summary>Tasks that <c>jobrunner enqueue</c> has put, each with its own number for an argument and for a result.</summary>
internal sealed class PutTasks
{
    private readonly Broker _broker;
    private readonly TemporaryFolder _folder;
    private readonly string[] _ids;

    private PutTasks(Broker broker, TemporaryFolder folder, string[] ids) => (_broker, _folder, _ids) = (broker, folder, ids);

    public static async Task<PutTasks> PutAsync(Broker broker, TemporaryFolder folder, int count)
    {
        folder.Write("tasks.jsonl", string.Concat(Enumerable.Range(0, count).Select(number => $"{{\"number\": {number}}}\n")));
        var put = await JobRunnerProcess.RunAsync(["enqueue", "--queue", broker.Url, "--file", "tasks.jsonl"], folder.Path);
        put.ExitCode.ShouldBe(0, put.Error);
        var ids = put.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        ids.Distinct(StringComparer.Ordinal).Count().ShouldBe(count);
        return new PutTasks(broker, folder, ids);
    }

    /// <summary>Waits until every task has its result.</summary>
    public async Task AllEndWellAsync(TimeSpan patience)
    {
        await using var records = _broker.Records(_folder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(patience);
        for (var number = 0; number < _ids.Length; number++)
            (await records.WaitAsync<int>(_ids[number], deadline.Token)).ShouldBe(number);
    }
}
