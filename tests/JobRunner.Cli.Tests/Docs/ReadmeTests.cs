using System.Diagnostics;
using System.Net;

namespace JobRunner.Cli.Tests.Docs;

/// <summary>The commands of the README, as they stand there.</summary>
public sealed class ReadmeTests
{
    private static readonly IReadOnlyList<string> Commands = DocumentedCommands.Of("README.md");

    [Fact]
    public void It_has_two_commands_for_all_set_up()
    {
        Commands[0].ShouldStartWith("dotnet run --project");
        Commands[1].ShouldBe("./test.sh");
        Commands[2].ShouldStartWith("curl ");
        Commands.Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_first_serves_Primer_and_the_call_prints_true()
    {
        var port = DocumentedCommands.FreePort();
        using var serve = DocumentedCommands.Start(Commands[0], new() { ["PORT"] = $"{port}" });
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await Eventually.IsTrueAsync(() => IsReadyAsync(client), TimeSpan.FromMinutes(5));

            var (exitCode, output) = await DocumentedCommands.RunAsync(Commands[2], port);

            exitCode.ShouldBe(0);
            output.ShouldBe("true");
        }
        finally
        {
            serve.Kill(entireProcessTree: true);
            await serve.WaitForExitAsync();
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync("/ready");
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
