using System.Text;
using JobRunner.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>Messages that a worker cannot carry out, put past us, straight into the broker.</summary>
public sealed class BadMessageTests : IDisposable
{
    private const string Job = "public class Job { public int Perform(int number) => 2 * number; }";

    // What a sender got wrong beside the message costs it nothing.
    private static readonly Dictionary<string, string> Odd = new(StringComparer.Ordinal)
    {
        ["priority"] = "ninety",
        ["attempt"] = "-5",
        ["max_attempts"] = "none",
        ["deadline"] = "soon",
        ["not_before"] = "yesterday",
        ["enqueued_at"] = "99999999",
        ["traceparent"] = "00-0-0-0",
        ["format"] = "job/7",
        ["x-unknown"] = new string('y', 2000),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("redis", 10_000_000)]
    [InlineData("nats", 1_048_000)]
    [InlineData("rabbitmq", 4_000_000)]
    public async Task Each_is_a_dead_letter_with_its_reason_and_the_good_ones_behind_run(string kind, int limit)
    {
        _folder.WriteJob(Job);
        await using var broker = await Broker.StartAsync(kind, _folder);
        await using var queue = Queue(broker.Url);
        await queue.ConnectAsync(Stop);
        var corpus = BadMessage.Corpus(limit);
        await using (var client = await IRawClient.ConnectAsync(broker))
        {
            foreach (var bad in corpus)
                await client.PutAsync(bad.Body, Metadata(bad.Name, bad.Metadata));
            await client.PutAsync("nobody's"u8.ToArray(), new Dictionary<string, string>(StringComparer.Ordinal));
            await client.PutAsync("""{"number": 20}"""u8.ToArray(), new Dictionary<string, string>(Odd, StringComparer.Ordinal) { ["id"] = "odd" });
            await client.PutAsync("""{"number": 21}"""u8.ToArray(), Metadata("good", []));
        }

        await using var worker = JobRunnerProcess.Start(
            ["work", _folder["Job.dll"], "--queue", broker.With("retry_delay=50ms"), "--concurrency", "2"], _folder.Path);
        await using var records = broker.Records(_folder);

        (await records.WaitAsync<int>("odd", Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop)).ShouldBe(40);
        (await records.WaitAsync<int>("good", Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop)).ShouldBe(42);
        await Eventually.IsTrueAsync(async () => (await queue.InspectAsync(Stop)).DeadLetters == corpus.Count + 1);
        var letters = (await queue.ListDeadLettersAsync(100, after: null, Stop)).Letters;
        foreach (var bad in corpus)
        {
            var letter = letters.Where(letter => letter.Message.Id == bad.Name).ShouldHaveSingleItem(bad.Name);
            letter.Error.ShouldNotBeNull(bad.Name);
            letter.Error.ShouldContain(bad.Reason, Case.Sensitive, bad.Name);
            letter.Error.Length.ShouldBeLessThan(3000, bad.Name);
            (await records.WaitAsync(bad.Name, Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop)).Error.ShouldBe(letter.Error, bad.Name);
        }

        letters.Select(letter => Encoding.UTF8.GetString(letter.Message.Body.Span)).ShouldContain("nobody's");
        (await worker.TerminateAsync()).ShouldBe(0);
        worker.Output.ShouldNotContain("is down");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Dictionary<string, string> Metadata(string id, IEnumerable<(string Name, string Value)> more)
    {
        var metadata = more.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
        metadata["id"] = id;
        return metadata;
    }

    private static IJobQueue Queue(string url)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddJobQueueClients();
        services.AddRedisQueues();
        services.AddNatsQueues();
        services.AddRabbitMqQueues();
        return services.BuildServiceProvider().GetRequiredService<QueueTransports>().CreateQueue(QueueOptions.FromUrl(url));
    }
}
