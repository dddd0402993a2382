using System.Text.Json;

namespace JobRunner.Cli.Tests.Commands;

public sealed class InspectProcessTests : IDisposable
{
    private const string Job = """
        /// <summary>Divides numbers.</summary>
        public class Divider
        {
            /// <summary>The quotient.</summary>
            /// <param name="dividend">What is divided.</param>
            public double Perform(double dividend, double divisor = 2) => dividend / divisor;

            public object DocsInputExample() => new { dividend = 10 };
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Endpoints_parameters_and_examples_are_shown()
    {
        _folder.Write("Job.cs", Job);

        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(["inspect", "Job.cs"], _folder.Path);

        error.ShouldBeEmpty();
        exitCode.ShouldBe(0);
        output.ShouldContain("Divider Divides numbers.");
        output.ShouldContain("POST /perform The quotient.");
        output.ShouldMatch("dividend +│ double +│ required +│ What is divided.");
        output.ShouldContain("returns double");
        output.ShouldContain("""example {"dividend":10}""");
    }

    [Fact]
    public async Task The_message_of_an_exception_is_shown_with_its_control_characters_escaped()
    {
        _folder.Write("Job.cs", "public class Job { public int Perform() => 1; public object DocsInputExample() => throw new Exception(\"a\\u001b[2Jb\"); }");

        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(["inspect", "Job.cs"], _folder.Path);

        exitCode.ShouldBe(1);
        (output + error).ShouldNotContain('\u001b');
        error.ShouldContain("a\\u001b[2Jb");
    }

    [Fact]
    public async Task Json_is_printed_for_programs()
    {
        _folder.Write("Job.cs", Job);

        var (exitCode, output, _) = await JobRunnerProcess.RunAsync(["inspect", ".", "--json"], _folder.Path);

        exitCode.ShouldBe(0);
        using var json = JsonDocument.Parse(output);
        var perform = json.RootElement.GetProperty("endpoints")[0];
        perform.GetProperty("path").GetString().ShouldBe("/perform");
        perform.GetProperty("parameters")[1].GetProperty("name").GetString().ShouldBe("divisor");
        perform.GetProperty("parameters")[1].GetProperty("default_value").GetDouble().ShouldBe(2);
    }

    [Fact]
    public async Task A_job_that_does_not_compile_ends_with_its_errors_and_exit_code_1()
    {
        _folder.Write("Job.cs", "public class Job\n{\n    public int Perform() => missing;\n}\n");

        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(["inspect", "Job.cs"], _folder.Path);

        exitCode.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldBe($"Job.cs:3: The name 'missing' does not exist in the current context (CS0103){Environment.NewLine}");
    }

    [Fact]
    public async Task What_a_job_prints_while_it_loads_is_no_part_of_the_report()
    {
        _folder.Write("Job.cs", """
            public class Job
            {
                public Job(ILogger<Job> logger)
                {
                    Console.WriteLine("warming up");
                    logger.LogWarning("still warming up");
                }

                public int Perform() => 1;
            }
            """.Insert(0, "using Microsoft.Extensions.Logging;\n"));

        var (exitCode, output, _) = await JobRunnerProcess.RunAsync(["inspect", "Job.cs", "--json"], _folder.Path);

        exitCode.ShouldBe(0);
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("job_class").GetString().ShouldBe("Job");
    }

    [Fact]
    public async Task A_constructor_that_throws_is_told_with_its_place_and_exit_code_1()
    {
        _folder.Write("Job.cs", """
            public class Job
            {
                public Job() => throw new InvalidOperationException("no model");
                public int Perform() => 1;
            }
            """);

        var (exitCode, _, error) = await JobRunnerProcess.RunAsync(["inspect", "Job.cs"], _folder.Path);

        exitCode.ShouldBe(1);
        error.ShouldBe(
            $"Initialization error: no model (InvalidOperationException at Job.cs:3){Environment.NewLine}");
    }

    [Fact]
    public async Task A_broken_manifest_is_told_with_exit_code_1()
    {
        _folder.Write("Job.cs", Job);
        _folder.Write("job.yaml", "name: [unclosed");

        var (exitCode, output, error) = await JobRunnerProcess.RunAsync(["inspect", "Job.cs"], _folder.Path);

        exitCode.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldContain("job.yaml");
        error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_missing_SDK_is_answered_with_what_to_install()
    {
        _folder.Write("Job.cs", "#:package Humanizer.Core@2.14.1\npublic class Job { public int Perform() => 1; }");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = _folder.Path,
            ["JOBRUNNER_CACHE_DIR"] = _folder["cache"],
        };

        var (exitCode, _, error) = await JobRunnerProcess.RunAsync(["inspect", "Job.cs"], _folder.Path, environment);

        exitCode.ShouldBe(1);
        error.ShouldStartWith("Building this job needs the .NET SDK 10.0 or newer");
        error.ShouldContain("install it from https://dotnet.microsoft.com/download");
    }
}
