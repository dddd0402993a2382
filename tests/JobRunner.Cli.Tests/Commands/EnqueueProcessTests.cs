using System.Diagnostics;
using System.Globalization;

namespace JobRunner.Cli.Tests.Commands;

/// <summary><c>jobrunner enqueue</c>: what it takes, and what it says.</summary>
public sealed class EnqueueProcessTests : IDisposable
{
    private const string Queue = "sqlite:tasks.db?queue=jobs";

    private static readonly string Tool = Path.Combine(AppContext.BaseDirectory, "JobRunner.Cli");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_terminal_shows_a_bar_and_the_ids_go_to_standard_output()
    {
        WriteLines("tasks.jsonl", 300);

        var (exitCode, shown, _) = await ShellAsync($"exec script -qec \"'{Tool}' enqueue --queue '{Queue}' --file tasks.jsonl > ids.txt\" /dev/null");

        exitCode.ShouldBe(0, shown);
        shown.ShouldContain("300 accepted");
        shown.ShouldContain("━━━");
        shown.ShouldContain("100%");
        (await File.ReadAllLinesAsync(_folder["ids.txt"])).Distinct().Count().ShouldBe(300);
    }

    [Fact]
    public async Task Ids_stand_above_the_bar_where_both_are_on_one_terminal()
    {
        var (exitCode, shown, _) = await ShellAsync($"exec script -qec \"'{Tool}' enqueue --queue '{Queue}' --each number 1 2 3\" /dev/null");

        exitCode.ShouldBe(0, shown);
        shown.ShouldContain("3 accepted");
        System.Text.RegularExpressions.Regex.Count(
            shown, "[0-9a-f]{8}-[0-9a-f]{4}-", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).ShouldBe(3);
    }

    [Fact]
    public async Task Nothing_but_ids_is_written_where_there_is_no_terminal()
    {
        WriteLines("tasks.jsonl", 300);

        var (exitCode, output, error) = await EnqueueAsync("--file", "tasks.jsonl");

        (exitCode, error).ShouldBe((0, string.Empty));
        Lines(output).Length.ShouldBe(300);
        Lines(output).ShouldAllBe(line => Guid.Parse(line, CultureInfo.InvariantCulture) != Guid.Empty);
    }

    [Fact]
    public async Task Lines_are_put_while_the_file_is_still_being_written()
    {
        await MakePipeAsync();
        await using var process = JobRunnerProcess.Start(["enqueue", "--queue", Queue, "--file", "pipe"], _folder.Path);
        await using var writer = new StreamWriter(await Task.Run(() => new FileStream(_folder["pipe"], FileMode.Open, FileAccess.Write)));

        foreach (var batch in (int[])[3, 5])
        {
            var before = Lines(process.Output).Length;
            for (var line = 0; line < batch; line++)
                await writer.WriteLineAsync("{\"number\": 1}");
            await writer.FlushAsync(TestContext.Current.CancellationToken);
            await Eventually.IsTrueAsync(() => Lines(process.Output).Length == before + batch);
        }

        await writer.DisposeAsync();
        (await process.ExitCodeAsync()).ShouldBe(0, process.Error);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task An_interruption_tells_how_many_were_accepted(string signal)
    {
        await MakePipeAsync();
        await using var process = JobRunnerProcess.Start(["enqueue", "--queue", Queue, "--file", "pipe"], _folder.Path);
        await using var writer = new StreamWriter(await Task.Run(() => new FileStream(_folder["pipe"], FileMode.Open, FileAccess.Write)));
        for (var line = 0; line < 7; line++)
            await writer.WriteLineAsync("{\"number\": 1}");
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => Lines(process.Output).Length == 7);

        await process.SignalAsync(signal);

        (await process.ExitCodeAsync()).ShouldBe(1);
        process.Error.ShouldBe($"Interrupted. 7 tasks were accepted before.{Environment.NewLine}");
    }

    [Fact]
    public async Task An_interruption_while_results_are_awaited_tells_what_is_missing()
    {
        await using var process = JobRunnerProcess.Start(["enqueue", "--queue", Queue, "--each", "number", "1", "2", "--wait"], _folder.Path);
        await Eventually.IsTrueAsync(() => File.Exists(_folder["tasks.db"]));
        await Eventually.IsTrueAsync(async () => await WaitingAsync() == 2);

        await process.SignalAsync("INT");

        (await process.ExitCodeAsync()).ShouldBe(1);
        process.Error.ShouldStartWith("Interrupted. Accepted: 2, results printed: 0; the next is that of task ");
    }

    [Fact]
    public async Task A_bad_line_is_named_and_those_before_it_are_accepted()
    {
        WriteLines("tasks.jsonl", 150);
        await File.AppendAllTextAsync(_folder["tasks.jsonl"], "\n{\"number\": }\n{\"number\": 1}\n", TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await EnqueueAsync("--file", "tasks.jsonl");

        exitCode.ShouldBe(1);
        error.ShouldBe("Line 152 of tasks.jsonl: the payload is no valid JSON at byte 11: '}' is an invalid start of a value. "
            + $"150 tasks were accepted before.{Environment.NewLine}");
        Lines(output).Length.ShouldBe(150);
        (await WaitingAsync()).ShouldBe(150);
    }

    [Fact]
    public async Task A_task_that_the_queue_refuses_is_named()
    {
        WriteLines("tasks.jsonl", 120);
        await File.AppendAllTextAsync(_folder["tasks.jsonl"], $"{{\"text\": \"{new string('x', 100)}\"}}\n", TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(
            ["enqueue", "--queue", Queue + "&max_message_size=64", "--file", "tasks.jsonl"], _folder.Path);

        exitCode.ShouldBe(1);
        error.ShouldBe("Line 121 of tasks.jsonl: the message has 112 bytes, and the queue takes at most 64. "
            + $"120 tasks were accepted before.{Environment.NewLine}");
        Lines(output).Length.ShouldBe(120);
    }

    [Fact]
    public async Task A_broker_that_is_away_is_one_sentence()
    {
        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(
            ["enqueue", "--queue", "redis://127.0.0.1:1", "--each", "number", "1", "2"], _folder.Path);

        (exitCode, output).ShouldBe((1, string.Empty));
        Lines(error).ShouldHaveSingleItem().ShouldEndWith("No task was accepted.");
        error.ShouldContain("127.0.0.1:1");
    }

    [Theory]
    [InlineData("{\"number\": 5}", "--payload", "-")]
    [InlineData("{\"number\": 5}\r\n", "--file", "-")]
    [InlineData("\ufeff{\"number\": 5}", "--file", "-")]
    public async Task Standard_input_is_taken_for_a_dash(string input, params string[] args)
    {
        _folder.Write("input", input);

        var (exitCode, output, error) = await ShellAsync($"exec '{Tool}' enqueue --queue '{Queue}' {string.Join(' ', args)} < input");

        (exitCode, error).ShouldBe((0, string.Empty));
        (await PayloadAsync(Lines(output).ShouldHaveSingleItem())).ShouldBe("{\"number\": 5}");
    }

    [Theory]
    [InlineData("{\"a\":1}", "a=1")]
    [InlineData("{\"a\":\"1x\"}", "a=1x")]
    [InlineData("{\"a\":\"\"}", "a=")]
    [InlineData("{\"a\":null}", "a=null")]
    [InlineData("{\"a\":\"007\"}", "a=007")]
    [InlineData("{\"a\":123456789012345678901234567890}", "a=123456789012345678901234567890")]
    [InlineData("{\"a\":\"b=c\"}", "a=b=c")]
    [InlineData("{\"a\":[1,{\"b\":2}],\"c\":\"x\"}", "a=[1,{\"b\":2}]", "c:=\"x\"")]
    [InlineData("{\"größe 🙂\":\"naïve 漢字 🙂\"}", "größe 🙂=naïve 漢字 🙂")]
    [InlineData("{\"a\":\"line one\\nline two\"}", "a=line one\nline two")]
    [InlineData("{\"a\":-1}", "a=-1")]
    [InlineData("{\"a\":\"the text\\n\"}", "a=@text.txt")]
    [InlineData("{\"a\":\"@text.txt\"}", "a:=\"@text.txt\"")]
    [InlineData("{\"a\":-1}", "--each", "a", "--", "-1")]
    [InlineData("{\"a\":-1}", "--each", "a", "-1")]
    [InlineData("{\"a\":\"--x\"}", "--each", "a", "--", "--x")]
    [InlineData("{\"a\":\"the text\\n\"}", "--each", "a", "@text.txt")]
    public async Task Values_are_JSON_where_they_parse_as_such_else_text(string payload, params string[] args)
    {
        _folder.Write("text.txt", "the text\n");

        var (exitCode, output, error) = await EnqueueAsync(args);

        (exitCode, error).ShouldBe((0, string.Empty));
        using var put = System.Text.Json.JsonDocument.Parse(await PayloadAsync(Lines(output).ShouldHaveSingleItem()));
        using var expected = System.Text.Json.JsonDocument.Parse(payload);
        System.Text.Json.JsonElement.DeepEquals(put.RootElement, expected.RootElement).ShouldBeTrue(put.RootElement.GetRawText());
    }

    [Fact]
    public async Task A_value_of_a_hundred_thousand_characters_is_put_whole()
    {
        var text = new string('ü', 60_000);

        var (exitCode, output, error) = await EnqueueAsync("text=" + text);

        (exitCode, error).ShouldBe((0, string.Empty));
        using var put = System.Text.Json.JsonDocument.Parse(await PayloadAsync(output.Trim()));
        put.RootElement.GetProperty("text").GetString().ShouldBe(text);
    }

    [Theory]
    [InlineData("'a' is no argument; write KEY=VALUE, KEY:=JSON or KEY=@FILE.", "a")]
    [InlineData("'=1' is no argument", "=1")]
    [InlineData("The argument a is given twice.", "a=1", "a=2")]
    [InlineData("The argument a is no valid JSON", "a:={")]
    [InlineData("There is no file 'none.txt'", "a=@none.txt")]
    [InlineData("is no text in UTF-8; give its bytes as base64", "a=@binary")]
    [InlineData("--payload must be a JSON object of arguments: the payload must be a JSON object of arguments.", "--payload", "[1]")]
    [InlineData("--payload must be a JSON object of arguments: the payload is no valid JSON at byte 1", "--payload", "{")]
    [InlineData("There is no file 'none.jsonl'; give a file with one JSON object of arguments a line, or - for standard input.", "--file", "none.jsonl")]
    [InlineData("'.' is a folder", "--file", ".")]
    [InlineData("Give the arguments in one way", "--file", "binary", "--payload", "{}")]
    [InlineData("--each wants values", "--each", "a")]
    [InlineData("A task goes into one queue; give --queue once.", "--queue", Queue, "a=1")]
    [InlineData("There is no option '--prority=3'; what stands after -- is taken as it is.", "a=1", "--prority=3")]
    [InlineData("There is no option '--prority'", "--each", "a", "1", "2", "--prority", "3")]
    public async Task Wrong_usage_is_one_sentence_and_puts_nothing(string sentence, params string[] args)
    {
        await File.WriteAllBytesAsync(_folder["binary"], [0x7f, 0x45, 0xff, 0xfe, 0], TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await EnqueueAsync(args);

        (exitCode, output).ShouldBe((2, string.Empty));
        Lines(error)[0].ShouldContain(sentence);
        Lines(error)[^1].ShouldBe("See 'jobrunner enqueue --help'.");
        File.Exists(_folder["tasks.db"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("What is put into a memory: queue ends with this process", "memory:")]
    [InlineData("begins with sqlite:", "foo://x")]
    [InlineData("begins with sqlite:", "")]
    [InlineData("colour", "sqlite:tasks.db?colour=red")]
    [InlineData("visibility_timeout", "sqlite:tasks.db?visibility_timeout=soon")]
    public async Task A_queue_that_cannot_be_used_is_wrong_usage(string sentence, string url)
    {
        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(["enqueue", "--queue", url, "a=1"], _folder.Path);

        (exitCode, output).ShouldBe((2, string.Empty));
        error.ShouldContain(sentence);
    }

    [Fact]
    public async Task A_binary_file_of_lines_is_refused_at_its_first_line()
    {
        await File.WriteAllBytesAsync(_folder["binary"], [0x7f, 0x45, 0xff, 0xfe, 0], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["latin1"], [.. "{\"a\": \""u8, 0xe9, .. "\"}\n"u8], TestContext.Current.CancellationToken);

        (await EnqueueAsync("--file", "binary")).Error.ShouldStartWith("Line 1 of binary: the payload is no valid JSON at byte 0");
        (await EnqueueAsync("--file", "latin1")).Error.ShouldStartWith("Line 1 of latin1: the payload is no valid");
    }

    private Task<(int ExitCode, string Output, string Error)> EnqueueAsync(params string[] args) =>
        JobRunnerProcess.RunAsync(["enqueue", "--queue", Queue, .. args], _folder.Path);

    private async Task<(int ExitCode, string Output, string Error)> ShellAsync(string line)
    {
        await using var shell = JobRunnerProcess.StartExecutable("/bin/sh", ["-c", line], _folder.Path);
        return (await shell.ExitCodeAsync(), shell.Output, shell.Error);
    }

    private void WriteLines(string name, int count) =>
        _folder.Write(name, string.Concat(Enumerable.Range(0, count).Select(number => $"{{\"number\": {number}}}\n")));

    private async Task<string> PayloadAsync(string id)
    {
        await using var stores = new JobRunner.Tasks.Embedded.EmbeddedTransport(TimeProvider.System);
        var store = stores.Create(QueueUrl.Parse($"sqlite:{_folder["tasks.db"]}"));
        await store.OpenAsync(TestContext.Current.CancellationToken);
        var record = await store.GetAsync(id, TestContext.Current.CancellationToken);
        return System.Text.Encoding.UTF8.GetString(record.ShouldNotBeNull().Payload.Span);
    }

    private async Task<long> WaitingAsync()
    {
        await using var stores = new JobRunner.Tasks.Embedded.EmbeddedTransport(TimeProvider.System);
        var store = stores.Create(QueueUrl.Parse($"sqlite:{_folder["tasks.db"]}"));
        await store.OpenAsync(TestContext.Current.CancellationToken);
        return (await store.InspectAsync("jobs", TestContext.Current.CancellationToken)).Depth;
    }

    private async Task MakePipeAsync()
    {
        using var make = Process.Start("mkfifo", _folder["pipe"]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
