using System.Text;
using JobRunner.Queues;
using JobRunner.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Queues;

/// <summary>Bytes that are no message of ours, by the dozen, before one good message.</summary>
public sealed class BadMessageTests : IDisposable
{
    private static readonly Dictionary<string, byte[]> Corpus = new(StringComparer.Ordinal)
    {
        ["nothing"] = [],
        ["a blank"] = " \n"u8.ToArray(),
        ["a zero byte"] = [0],
        ["a truncated object"] = """{"number": 1"""u8.ToArray(),
        ["a list"] = "[1, 2]"u8.ToArray(),
        ["a number"] = "7"u8.ToArray(),
        ["a wrong type"] = """{"number": "seven"}"""u8.ToArray(),
        ["too large a number"] = """{"number": 99999999999999999999}"""u8.ToArray(),
        ["an unknown argument"] = """{"number": 1, "colour": "red"}"""u8.ToArray(),
        ["a missing argument"] = "{}"u8.ToArray(),
        ["invalid UTF-8"] = [.. "{\"number\": \""u8, 0xff, 0xfe, .. "\"}"u8],
        ["UTF-16"] = Encoding.Unicode.GetBytes("""{"number": 1}"""),
        ["deep nesting"] = Encoding.UTF8.GetBytes($$"""{"number": {{new string('[', 100_000)}}"""),
        ["10 MB of one string"] = Encoding.UTF8.GetBytes($$"""{"number": "{{new string('x', 10_000_000)}}"}"""),
        ["10 MB of noise"] = Noise(),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-bad-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Each_is_a_dead_letter_with_its_reason_and_the_next_good_one_runs()
    {
        var url = $"sqlite:{_folder}/tasks.db?queue=bad&retry_delay=10ms";
        await using var host = await TestHost.ServeAsync(new QueueJob(), $$"""
            jobtype_extra:
              max_concurrency: 2
              store: "sqlite:{{_folder}}/tasks.db"
              queues:
                - url: "{{url}}"
            """);
        await using var queue = host.Services.GetRequiredService<QueueTransports>().CreateQueue(QueueOptions.FromUrl(url));
        await queue.ConnectAsync(CancellationToken.None);
        await queue.PutAsync(
            [.. Corpus.Select(bad => new QueueMessage { Id = bad.Key, Body = bad.Value })], CancellationToken.None);
        await queue.PutAsync(
            [
                new QueueMessage { Id = "no such endpoint", Body = "{}"u8.ToArray(), Endpoint = "/nowhere" },
                new QueueMessage { Id = "too late", Body = """{"number": 1}"""u8.ToArray(), Deadline = DateTimeOffset.UtcNow.AddDays(-1) },
                new QueueMessage { Id = "good", Body = """{"number": 21}"""u8.ToArray() },
            ],
            CancellationToken.None);

        QueueStatus? status = null;
        await Execution.Eventually.TrueAsync(
            async () => (status = await queue.InspectAsync(CancellationToken.None)) is { Waiting: 0, Running: 0 }, () => $"{status}");

        (await queue.Store!.GetAsync("good", CancellationToken.None))!.Status.ShouldBe(TaskState.Completed);
        var letters = (await queue.ListDeadLettersAsync(100, after: null, CancellationToken.None)).Letters;
        letters.Select(letter => letter.Message.Id).ShouldBe([.. Corpus.Keys, "no such endpoint", "too late"], ignoreOrder: true);
        foreach (var letter in letters)
        {
            letter.Error.ShouldNotBeNullOrWhiteSpace(letter.Message.Id);
            letter.Error!.Length.ShouldBeLessThan(1000, letter.Message.Id);
        }

        string[] mayBeKnownToOthers =
            ["a wrong type", "too large a number", "an unknown argument", "a missing argument", "10 MB of one string", "no such endpoint"];
        letters.Where(letter => letter.Attempts == 2).Select(letter => letter.Message.Id)
            .ShouldBe(mayBeKnownToOthers, ignoreOrder: true);
    }

    private static byte[] Noise()
    {
        var noise = new byte[10_000_000];
        new Random(7907).NextBytes(noise);
        return noise;
    }
}
