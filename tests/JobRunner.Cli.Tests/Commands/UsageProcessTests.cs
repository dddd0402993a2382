namespace JobRunner.Cli.Tests.Commands;

public sealed class UsageProcessTests
{
    [Fact]
    public async Task Wrong_usage_is_told_on_standard_error_with_exit_code_2()
    {
        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(["run", "no/Such.cs"]);

        exitCode.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldBe(
            "There is no file or folder 'no/Such.cs'; give a .dll, .cs or .csproj file, or a folder holding one."
            + Environment.NewLine + "See 'jobrunner run --help'." + Environment.NewLine);
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        var (exitCode, output, _) = await JobRunnerProcess.RunAsync(["--version"]);

        exitCode.ShouldBe(0);
        output.ShouldMatch(@"^\d+\.\d+\.\d+");
    }

    [Fact]
    public async Task Help_is_printed_under_the_name_of_the_tool()
    {
        var (exitCode, output, _) = await JobRunnerProcess.RunAsync(["--help"]);

        exitCode.ShouldBe(0);
        output.ShouldContain("  jobrunner [command] [options]");
    }
}
