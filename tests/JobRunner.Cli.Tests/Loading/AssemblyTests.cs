using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JobRunner.Cli.Tests.Loading;

public sealed class AssemblyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Jobs_keep_their_own_versions_of_a_dependency()
    {
        var first = await Loads.FromAsync(JobWithPrice("first", price: 10));
        var second = await Loads.FromAsync(JobWithPrice("second", price: 20));

        first.Perform().ShouldBe(10);
        second.Perform().ShouldBe(20);
    }

    [Fact]
    public async Task The_documentation_file_beside_the_assembly_is_taken()
    {
        var path = JobWithPrice("documented", price: 1);
        _folder.Write("documented/Job.xml", "<doc><members/></doc>");

        var job = await Loads.FromAsync(path);

        job.XmlDocumentation.ShouldBe("<doc><members/></doc>");
        job.Directory.ShouldBe(_folder["documented"]);
    }

    [Fact]
    public async Task Without_a_documentation_file_there_is_none() =>
        (await Loads.FromAsync(JobWithPrice("plain", price: 1))).XmlDocumentation.ShouldBeNull();

    [Fact]
    public async Task A_missing_dependency_is_named()
    {
        Emit("library", "Prices", "public class Price;");
        var path = Emit("job", "Job", "public class Job { public Price? Perform() => null; }", _folder["library/Prices.dll"]);

        (await Loads.ErrorOfAsync(path)).ShouldBe(
            "Job.dll needs Prices 0.0.0.0, which is not beside it; publish the job with 'dotnet publish' and give the "
            + "published .dll.");
    }

    [Fact]
    public async Task A_dependency_of_the_runner_does_not_stand_in_for_a_missing_one()
    {
        var path = Emit(
            "job",
            "Job",
            "public class Job { public Spectre.Console.Table? Perform() => null; }",
            Path.Combine(AppContext.BaseDirectory, "Spectre.Console.dll"));

        (await Loads.ErrorOfAsync(path)).ShouldStartWith("Job.dll needs Spectre.Console ");
    }

    [Fact]
    public async Task A_file_that_is_no_assembly_is_refused() =>
        (await Loads.ErrorOfAsync(_folder.Write("Job.dll", "MZ, but not really"))).ShouldBe(
            "Job.dll is not a .NET assembly that this runner can load; give the .dll that 'dotnet build' or "
            + "'dotnet publish' wrote.");

    private string JobWithPrice(string folder, int price)
    {
        var library = Emit(folder, "Prices", $"public class Price {{ public int Amount => {price}; }}");
        return Emit(folder, "Job", "public class Job { public int Perform() => new Price().Amount; }", library);
    }

    private string Emit(string folder, string name, string source, params string[] references)
    {
        Directory.CreateDirectory(_folder[folder]);
        var path = Path.Combine(_folder[folder], name + ".dll");
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(source)],
            JobRunner.Cli.Loading.SharedAssemblies.Current.Paths.Concat(references)
                .Select(reference => MetadataReference.CreateFromFile(reference)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        compilation.Emit(path).Diagnostics.ShouldBeEmpty();
        return path;
    }
}
