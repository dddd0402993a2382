namespace JobRunner.Cli.Tests.Loading;

public sealed class JobClassTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("public class Adder { public int Perform(int a, int b) => a + b; }")]
    [InlineData("public class Adder { public Task<int> PerformAsync(int a) => Task.FromResult(a); }")]
    [InlineData("public abstract class Start { public int Perform() => 1; } public sealed class Adder : Start;")]
    [InlineData("public record Adder { public int Perform() => 1; } class Hidden { public int Perform() => 1; }")]
    [InlineData("public class Adder { public int Perform() => 1; } public interface IJob { int Perform(); }")]
    public async Task The_only_candidate_is_taken(string source)
    {
        var job = await Loads.FromAsync(_folder.Write("Job.cs", source));

        job.Type.Name.ShouldBe("Adder");
        job.Directory.ShouldBe(_folder.Path);
    }

    [Fact]
    public async Task Without_a_candidate_the_public_classes_are_listed() =>
        (await ErrorOfAsync("public class Alpha; public class Beta; class Hidden;")).ShouldBe(
            "The assembly Job has no job class: found Alpha, Beta without Perform. Add a public, concrete class with a "
            + "public instance method Perform or PerformAsync, or choose a class with --class Namespace.Name.");

    [Theory]
    [InlineData("class Alpha { public int Perform() => 1; }", "Alpha is not public")]
    [InlineData("public abstract class Alpha { public int Perform() => 1; }", "Alpha is abstract")]
    [InlineData("public static class Alpha { public static int Perform() => 1; }", "Alpha is static")]
    [InlineData("public class Alpha<T> { public int Perform() => 1; }", "Alpha`1 is generic")]
    [InlineData("public class Alpha { int Perform() => 1; }", "Alpha has a Perform that is not public")]
    [InlineData("public class Alpha { public static int Perform() => 1; }", "Alpha has a Perform that is static")]
    public async Task A_near_miss_is_explained(string source, string explanation) =>
        (await ErrorOfAsync(source)).ShouldStartWith($"The assembly Job has no job class: {explanation}. A job is ");

    [Fact]
    public async Task Several_candidates_are_listed_with_the_option_that_chooses() =>
        (await ErrorOfAsync(TwoJobs)).ShouldBe(
            "The assembly Job has 2 job classes (Shop.Adder, Shop.Divider); choose one with --class Shop.Adder.");

    [Theory]
    [InlineData("Shop.Divider")]
    [InlineData("Divider")]
    public async Task A_class_is_chosen_by_full_or_simple_name(string className)
    {
        var job = await Loads.FromAsync(_folder.Write("Job.cs", TwoJobs), className);

        job.Type.FullName.ShouldBe("Shop.Divider");
    }

    [Fact]
    public async Task A_nested_class_is_chosen_with_a_dot()
    {
        var path = _folder.Write("Job.cs", "public class Outer { public class Job { public int Perform() => 7; } }");

        (await Loads.FromAsync(path, "Outer.Job")).Perform().ShouldBe(7);
    }

    [Fact]
    public async Task A_wrong_class_name_is_answered_with_the_candidates() =>
        (await ErrorOfAsync(TwoJobs, "Multiplier")).ShouldBe(
            "The assembly Job has no class 'Multiplier'. Its job classes are: Shop.Adder, Shop.Divider.");

    [Fact]
    public async Task A_simple_name_that_two_classes_have_needs_the_full_name()
    {
        const string Source = """
            namespace A { public class Job { public int Perform() => 1; } }
            namespace B { public class Job { public int Perform() => 2; } }
            """;

        (await ErrorOfAsync(Source, "Job")).ShouldBe(
            "The assembly Job has 2 classes named 'Job' (A.Job, B.Job); give the full name: --class A.Job.");
    }

    [Fact]
    public async Task A_chosen_class_without_Perform_is_refused() =>
        (await ErrorOfAsync("public class Alpha;", "Alpha")).ShouldStartWith(
            "The class Alpha has no method Perform or PerformAsync. A job is ");

    private const string TwoJobs = """
        namespace Shop;
        public class Divider { public int Perform(int a, int b) => a / b; }
        public class Adder { public int Perform(int a, int b) => a + b; }
        """;

    private Task<string> ErrorOfAsync(string source, string? className = null) =>
        Loads.ErrorOfAsync(_folder.Write("Job.cs", source), className);
}
