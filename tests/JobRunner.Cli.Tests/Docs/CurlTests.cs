using JobRunner.Cli.Tests.Observability;

namespace JobRunner.Cli.Tests.Docs;

/// <summary>Every call that the guide and the operations page show, against the host they show it with.</summary>
public sealed class CurlTests
{
    private static readonly string Primer = Path.Combine(Sources.Root, "samples", "Primer", "Job.cs");

    [Theory]
    [InlineData("docs/guide.md", 1)]
    [InlineData("docs/operations.md", 3)]
    [InlineData("docs/tasks.md", 1)]
    public async Task Every_documented_call_is_answered(string page, int count)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Sources.Root, page));
        var calls = text.Split('\n').Select(line => line.TrimStart('$', ' ')).Where(line => line.StartsWith("curl ", StringComparison.Ordinal)).ToList();
        calls.Count.ShouldBe(count);
        foreach (var group in calls.ToLookup(call => call.Contains("Auth", StringComparison.Ordinal)))
        {
            var environment = group.Key ? Tokens(text) : null;
            await using var served = await ServedFile.StartAsync(Primer, environment: environment);
            foreach (var call in group)
            {
                var (exitCode, output) = await DocumentedCommands.RunAsync(call, served.Client.BaseAddress!.Port);
                exitCode.ShouldBe(0, $"{call}\n{output}");
            }
        }
    }

    private static Dictionary<string, string> Tokens(string text)
    {
        var start = text.IndexOf("JOB_AUTH_TOKENS='", StringComparison.Ordinal) + "JOB_AUTH_TOKENS='".Length;
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["JOB_AUTH_TOKENS"] = text[start..text.IndexOf('\'', start)],
        };
    }
}
