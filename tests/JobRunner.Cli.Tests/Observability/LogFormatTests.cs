using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace JobRunner.Cli.Tests.Observability;

/// <summary>One request with a caller and a tracing id, in all combinations of the two log variables.</summary>
public sealed class LogFormatTests : IDisposable
{
    private const string Job = """
        using Microsoft.Extensions.Logging;

        public class Job(ILogger<Job> logger)
        {
            public async Task<int> Perform(int number)
            {
                logger.LogInformation("before the await");
                await Task.Yield();
                await Task.Run(() => logger.LogInformation("in the background of {Number}", number));
                if (number < 0)
                    throw new InvalidOperationException("no negative numbers", new FormatException("the root"));
                return number;
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("true", "true")]
    [InlineData("true", "false")]
    [InlineData("false", "true")]
    [InlineData("false", "false")]
    public async Task Every_line_of_a_call_names_its_trace_and_where_wanted_its_caller(string structured, string callerName)
    {
        _folder.Write("Job.cs", Job);
        await using var served = await ServedFile.StartAsync(
            _folder["Job.cs"],
            _folder.Path,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["LOG_STRUCTURED"] = structured,
                ["LOG_CALLER_NAME"] = callerName,
            });

        await CallAsync(served.Client, 7);
        await CallAsync(served.Client, -7);
        await Eventually.IsTrueAsync(() => served.Process.Output.Contains("/perform 500", StringComparison.Ordinal));

        var lines = served.Process.Output.Split('\n').Where(line => line.Contains("trace-1", StringComparison.Ordinal)).ToList();
        foreach (var text in (string[])
            ["Request: POST /api/v1/perform", "POST /api/v1/perform 200", "POST /api/v1/perform 500", "before the await", "in the background of 7"])
            lines.ShouldContain(line => line.Contains(text, StringComparison.Ordinal), text);
        lines.ShouldAllBe(line => line.Contains("somebody", StringComparison.Ordinal) == (callerName == "true"));
        if (structured == "true")
            CheckStructured(lines);
        else
            lines.ShouldAllBe(line => line.Contains("tracing_id=trace-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_lines_of_tasks_and_messages_name_the_trace_and_caller_that_they_came_with()
    {
        _folder.Write("Job.cs", Job);
        var queue = $"sqlite:{_folder["queue.db"]}?queue=jobs";
        await using var served = await ServedFile.StartAsync(
            ["run", _folder["Job.cs"], "--queue", queue],
            _folder.Path,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["LOG_STRUCTURED"] = "true", ["LOG_CALLER_NAME"] = "true" });
        await using var client = new JobRunner.Cli.Commands.JobHosting().CreateClient(queue);

        await CallAsync(served.Client, 7, isAsynchronous: true);
        await client.PutAsync("/perform", new { number = 8 }, new PutOptions { Caller = "sender", TracingId = "trace-2" });

        foreach (var (text, caller, trace) in new[] { ("in the background of 7", "somebody", "trace-1"), ("in the background of 8", "sender", "trace-2") })
        {
            await Eventually.IsTrueAsync(() => served.Process.Output.Contains(text, StringComparison.Ordinal));
            var line = served.Process.Output.Split('\n').First(line => line.Contains(text, StringComparison.Ordinal));
            var entry = JsonSerializer.Deserialize<JsonElement>(line);
            (entry.GetProperty("caller_name").GetString(), entry.GetProperty("tracing_id").GetString()).ShouldBe((caller, trace));
        }
    }

    private static void CheckStructured(List<string> lines)
    {
        var entries = lines.ConvertAll(line => JsonSerializer.Deserialize<JsonElement>(line));
        foreach (var entry in entries)
        {
            entry.GetProperty("tracing_id").GetString().ShouldBe("trace-1");
            DateTimeOffset.Parse(entry.GetProperty("time").GetString()!, CultureInfo.InvariantCulture).Offset.ShouldBe(TimeSpan.Zero);
        }

        var failure = entries.Single(entry => entry.TryGetProperty("cause", out _));
        failure.GetProperty("lvl").GetString().ShouldBe("ERROR");
        failure.GetProperty("cause").GetString().ShouldBe("FormatException");
        failure.GetProperty("traceback").GetString().ShouldNotBeNull().ShouldContain("Job.cs:11");
    }

    private static async Task CallAsync(HttpClient client, int number, bool isAsynchronous = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/perform") { Content = JsonContent.Create(new { number }) };
        request.Headers.Add("X-Caller-Name", "somebody");
        request.Headers.Add("X-Request-Tracing-Id", "trace-1");
        if (isAsynchronous)
            request.Headers.Add("Prefer", "respond-async");
        using var response = await client.SendAsync(request);
    }
}
