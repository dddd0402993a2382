namespace JobRunner.Cli.Tests.Queues;

/// <summary>Results that are larger than what carries them.</summary>
public sealed class LargeResultTests : IDisposable
{
    private const string Job = "public class Job { public string Perform(int size) => new('x', size); }";
    private const int Large = 2_000_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("redis", "&max_message_size=1000000&results=out", "the queue takes at most 1000000")]
    [InlineData("nats", "", "the store of task records takes at most 1048576")]
    [InlineData("nats", "&results=out", "takes at most 1048576")]
    [InlineData("rabbitmq", "&max_message_size=1000000&results=out", "the queue takes at most 1000000")]
    public async Task They_fail_their_task_with_both_numbers_or_go_to_a_file(string kind, string parameters, string sentence)
    {
        _folder.WriteJob(Job);
        await using var broker = await Broker.StartAsync(kind, _folder);
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(broker.Url);
        await using var records = broker.Records(_folder);
        var url = broker.Url + parameters;
        string failed, spilled, small;

        await using (var worker = JobRunnerProcess.Start(["work", _folder["Job.dll"], "--queue", url], _folder.Path))
        {
            failed = await client.PutAsync("/perform", new { size = Large }, cancellationToken: Stop);
            small = await client.PutAsync("/perform", new { size = 3 }, cancellationToken: Stop);
            var record = await records.WaitAsync(failed, Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop);
            record.Error.ShouldNotBeNull();
            record.Error.ShouldContain(sentence);
            record.Error.ShouldContain("the result has 20000");
            (await records.WaitAsync<string>(small, Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop)).ShouldBe("xxx");
            (await worker.TerminateAsync()).ShouldBe(0);
        }

        await using (var worker = JobRunnerProcess.Start(
            ["work", _folder["Job.dll"], "--queue", $"{url}&results_spill=spilled"], _folder.Path))
        {
            spilled = await client.PutAsync("/perform", new { size = Large }, cancellationToken: Stop);
            await records.WaitAsync(spilled, Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop);
            await Eventually.IsTrueAsync(() => File.Exists(_folder[$"spilled/{spilled}.json"]));
            new FileInfo(_folder[$"spilled/{spilled}.json"]).Length.ShouldBe(Large + 2);
            (await worker.TerminateAsync()).ShouldBe(0);
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
}
