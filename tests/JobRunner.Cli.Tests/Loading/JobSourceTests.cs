using JobRunner.Cli.Loading;

namespace JobRunner.Cli.Tests.Loading;

public sealed class JobSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Job.dll", JobSourceKind.Assembly)]
    [InlineData("Job.cs", JobSourceKind.CSharpFile)]
    [InlineData("Job.csproj", JobSourceKind.Project)]
    [InlineData("JOB.DLL", JobSourceKind.Assembly)]
    internal void A_file_is_taken_by_its_extension(string name, JobSourceKind kind)
    {
        var path = _folder.Write(name, "");

        var source = JobSource.Resolve(path);

        source.ShouldBe(new JobSource(kind, path));
        source.Directory.ShouldBe(_folder.Path);
    }

    [Fact]
    public void A_folder_leads_to_its_project_before_its_sources()
    {
        _folder.Write("Job.cs", "");
        var project = _folder.Write("Primer.csproj", "");

        JobSource.Resolve(_folder.Path + "/").Path.ShouldBe(project);
    }

    [Fact]
    public void A_folder_leads_to_Job_cs_before_other_sources()
    {
        _folder.Write("Another.cs", "");
        var job = _folder.Write("Job.cs", "");

        JobSource.Resolve(_folder.Path).Path.ShouldBe(job);
    }

    [Fact]
    public void A_folder_leads_to_its_only_source()
    {
        var only = _folder.Write("Adder.cs", "");

        JobSource.Resolve(_folder.Path).Path.ShouldBe(only);
    }

    [Fact]
    public void A_published_folder_leads_to_the_assembly_that_was_published()
    {
        _folder.Write("Humanizer.dll", "");
        _folder.Write("Primer.deps.json", "");
        var published = _folder.Write("Primer.dll", "");

        JobSource.Resolve(_folder.Path).ShouldBe(new JobSource(JobSourceKind.Assembly, published));
    }

    [Fact]
    public void Several_projects_are_listed_to_choose_from()
    {
        _folder.Write("A.csproj", "");
        _folder.Write("B.csproj", "");

        ErrorOf(_folder.Path).ShouldBe(
            $"The folder '{_folder.Path}' holds 2 .csproj files (A.csproj, B.csproj); give the path of one of them.");
    }

    [Fact]
    public void Several_sources_without_a_Job_cs_are_listed_to_choose_from()
    {
        _folder.Write("B.cs", "");
        _folder.Write("A.cs", "");

        ErrorOf(_folder.Path).ShouldContain("holds 2 .cs files (A.cs, B.cs); give the path of one of them.");
    }

    [Fact]
    public void An_empty_folder_holds_no_job() =>
        ErrorOf(_folder.Path).ShouldBe(
            $"The folder '{_folder.Path}' holds no job: no .csproj, .cs or .dll file; "
            + "give a .dll, .cs or .csproj file, or a folder holding one.");

    [Fact]
    public void A_path_that_does_not_exist_is_named() =>
        ErrorOf("no/Such.cs").ShouldBe(
            "There is no file or folder 'no/Such.cs'; give a .dll, .cs or .csproj file, or a folder holding one.");

    [Fact]
    public void A_file_of_another_kind_is_refused() =>
        ErrorOf(_folder.Write("job.py", "")).ShouldContain("is not something a job can be loaded from");

    [Fact]
    public void An_empty_path_is_refused() => ErrorOf(" ").ShouldStartWith("The path of the job is empty");

    private static string ErrorOf(string path) => Should.Throw<JobPathException>(() => JobSource.Resolve(path)).Message;
}
