using System.Reflection;

namespace JobRunner.Cli.Tests.Loading;

public sealed class SdkBuildTests : IDisposable
{
    private const string Humanized = """
        #:package Humanizer.Core@2.14.1
        using Humanizer;

        /// <summary>Writes numbers in words.</summary>
        public class Job
        {
            public string Perform(int number) =>
                number < 0 ? throw new ArgumentException("too small") : number.ToWords();
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_with_a_package_is_built_once_for_each_content()
    {
        var path = _folder.Write("Job.cs", Humanized);

        // As the workers of one host do, both load the same file at the same time.
        var jobs = await Task.WhenAll(LoadAsync(path), LoadAsync(path));

        jobs[0].Perform(42).ShouldBe("forty-two");
        jobs[0].XmlDocumentation.ShouldNotBeNull().ShouldContain("Writes numbers in words.");
        jobs[0].Directory.ShouldBe(_folder.Path);
        Should.Throw<TargetInvocationException>(() => jobs[0].Perform(-1)).InnerException!.StackTrace!
            .ShouldContain($"in {path}:line 8");
        Built().ShouldHaveSingleItem();
        jobs[1].Type.Assembly.Location.ShouldBe(jobs[0].Type.Assembly.Location);

        File.WriteAllText(path, Humanized.Replace("number.ToWords()", "(number + 1).ToWords()", StringComparison.Ordinal));
        (await LoadAsync(path)).Perform(42).ShouldBe("forty-three");
        Built().Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_file_with_a_package_sees_what_a_file_without_one_sees()
    {
        var path = _folder.Write("Job.cs", """
            #:package Humanizer.Core@2.14.1
            using JobRunner;
            using Microsoft.AspNetCore.Http;

            Console.WriteLine("top-level statements are welcome here too");

            public class Job { public IResult Perform(JobContext context) => Results.Ok(); }
            """);

        var job = await LoadAsync(path);

        var perform = job.Type.GetMethod("Perform")!;
        perform.ReturnType.ShouldBe(typeof(Microsoft.AspNetCore.Http.IResult));
        perform.GetParameters()[0].ParameterType.ShouldBe(typeof(JobContext));
    }

    [Fact]
    public async Task The_native_library_of_a_package_is_found()
    {
        var path = _folder.Write("Job.cs", """
            #:package Microsoft.Data.Sqlite@10.0.14
            #:package SQLitePCLRaw.bundle_e_sqlite3@3.0.3
            using Microsoft.Data.Sqlite;

            public class Job
            {
                public long Perform()
                {
                    using var connection = new SqliteConnection("Data Source=:memory:");
                    connection.Open();
                    using var command = connection.CreateCommand();
                    command.CommandText = "select 40 + 2";
                    return (long)command.ExecuteScalar()!;
                }
            }
            """);

        (await LoadAsync(path)).Perform().ShouldBe(42L);
    }

    [Fact]
    public async Task The_web_SDK_may_be_asked_for()
    {
        var path = _folder.Write("Job.cs", """
            #:sdk Microsoft.NET.Sdk.Web

            public class Job(ILogger<Job> logger) { public IResult Perform() => Results.Ok(logger); }
            """);

        (await LoadAsync(path)).Type.Name.ShouldBe("Job");
    }

    [Fact]
    public async Task Compile_errors_of_a_file_with_a_package_have_its_lines()
    {
        var path = _folder.Write("Job.cs", "#:property LangVersion=latest\npublic class Job { public int Perform() => missing; }");

        (await Loads.ErrorOfAsync(path, cache: _folder["cache"])).ShouldBe(
            $"{path}:2: The name 'missing' does not exist in the current context (CS0103)");
    }

    [Fact]
    public async Task A_directive_that_does_not_exist_is_refused() =>
        (await Loads.ErrorOfAsync(_folder.Write("Job.cs", "#:nonsense x"), cache: _folder["cache"]))
            .ShouldBe($"{_folder["Job.cs"]}:1: Unrecognized directive 'nonsense'.");

    [Fact]
    public async Task A_project_is_built_with_its_packages()
    {
        var project = Project("Humanizer.Core", "2.14.1");
        _folder.Write("project/Job.cs", Humanized[(Humanized.IndexOf('\n', StringComparison.Ordinal) + 1)..]);

        var job = await LoadAsync(project);

        job.Perform(7).ShouldBe("seven");
        job.Directory.ShouldBe(_folder["project"]);
        job.XmlDocumentation.ShouldNotBeNull().ShouldContain("Writes numbers in words.");
    }

    [Fact]
    public async Task Compile_errors_of_a_project_are_lines_of_file_line_and_message()
    {
        var project = Project();
        var path = _folder.Write("project/Job.cs", "public class Job\n{\n    public int Perform() => missing;\n}");

        (await Loads.ErrorOfAsync(project, cache: _folder["cache"])).ShouldBe(
            $"{path}:3: The name 'missing' does not exist in the current context (CS0103)");
    }

    private Task<JobRunner.Cli.Loading.LoadedJobType> LoadAsync(string path) =>
        Loads.FromAsync(path, cache: _folder["cache"]);

    private string[] Built() => Directory.GetFiles(_folder["cache"], "Job.dll", SearchOption.AllDirectories);

    private string Project(string? package = null, string? version = null)
    {
        var reference = package is null ? "" : $"""<PackageReference Include="{package}" Version="{version}" />""";
        return _folder.Write("project/Words.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <GenerateDocumentationFile>true</GenerateDocumentationFile>
                <ImplicitUsings>enable</ImplicitUsings>
                <NoWarn>CS1591</NoWarn>
              </PropertyGroup>
              <ItemGroup>
                {reference}
              </ItemGroup>
            </Project>
            """);
    }
}
