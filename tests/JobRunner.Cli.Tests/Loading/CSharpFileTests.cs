using System.Reflection;
using System.Runtime.CompilerServices;
using JobRunner.Jobs;

namespace JobRunner.Cli.Tests.Loading;

public sealed class CSharpFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plain_class_is_compiled_and_called()
    {
        var job = await LoadAsync("""
            public class Job
            {
                public List<int> Perform(int count) => Enumerable.Range(1, count).ToList();
            }
            """);

        job.Perform(3).ShouldBe(new List<int> { 1, 2, 3 });
    }

    [Fact]
    public async Task A_method_may_have_more_parameters_than_any_delegate()
    {
        var job = await LoadAsync($$"""
            public enum Side { Left, Right }

            public class Job
            {
                public string Perform({{string.Concat(Enumerable.Range(1, 17).Select(i => $"int p{i}, "))}}Side side = Side.Left) =>
                    throw new ArgumentException($"{p1} {p17} {side}");
            }
            """);
        var perform = JobDefinition.Create(Activator.CreateInstance(job.Type)!).Perform;

        var error = await Should.ThrowAsync<ArgumentException>(() => perform.Invoker.InvokeAsync(
            [.. Enumerable.Range(1, 17).Cast<object>(), Enum.ToObject(perform.Parameters[17].Type, 1)]).AsTask());

        error.Message.ShouldBe("1 17 Right");
    }

    [Fact]
    public async Task Compile_errors_are_lines_of_file_line_and_message()
    {
        var path = _folder.Write("Job.cs", """
            public class Job
            {
                public int Perform(int a)
                {
                    int unused = 1;
                    string b = a;
                    return missing;
                }
            }
            """);

        (await Loads.ErrorOfAsync(path)).ShouldBe(
            $"{path}:6: Cannot implicitly convert type 'int' to 'string' (CS0029)" + Environment.NewLine
            + $"{path}:7: The name 'missing' does not exist in the current context (CS0103)");
    }

    [Fact]
    public async Task Documentation_comments_come_with_the_class()
    {
        var job = await LoadAsync("""
            /// <summary>Adds numbers.</summary>
            public class Job
            {
                /// <summary>The sum.</summary>
                /// <param name="a">One of them.</param>
                public int Perform(int a) => a;
            }
            """);

        job.XmlDocumentation.ShouldNotBeNull().ShouldContain("<member name=\"M:Job.Perform(System.Int32)\">");
        job.XmlDocumentation.ShouldContain("<param name=\"a\">One of them.</param>");
        System.Xml.Linq.XDocument.Parse(job.XmlDocumentation).Root!.Name.LocalName.ShouldBe("doc");
    }

    [Fact]
    public async Task A_stack_trace_has_the_file_and_the_line()
    {
        var job = await LoadAsync("""
            public class Job
            {
                public int Perform()
                {
                    throw new InvalidOperationException("out of stock");
                }
            }
            """);

        var thrown = Should.Throw<TargetInvocationException>(() => job.Perform()).InnerException!;

        thrown.StackTrace.ShouldNotBeNull().ShouldContain($"in {_folder["Job.cs"]}:line 5");
    }

    [Fact]
    public async Task Nullable_annotations_are_on()
    {
        var job = await LoadAsync("public class Job { public string Perform(string? a) => a ?? \"\"; }");

        var parameter = job.Type.GetMethod("Perform")!.GetParameters()[0];
        new NullabilityInfoContext().Create(parameter).ReadState.ShouldBe(NullabilityState.Nullable);
    }

    [Fact]
    public async Task Top_level_statements_may_stand_beside_the_class()
    {
        var job = await LoadAsync("""
            Console.WriteLine(new Job().Perform());

            public class Job { public int Perform() => 4; }
            """);

        job.Perform().ShouldBe(4);
    }

    [Fact]
    public async Task A_shebang_and_a_byte_order_mark_are_skipped()
    {
        (await LoadAsync("#!/usr/bin/env jobrunner\npublic class Job { public int Perform() => 5; }")).Perform().ShouldBe(5);
        (await LoadAsync("\uFEFFpublic class Job { public int Perform() => 6; }")).Perform().ShouldBe(6);
    }

    [Fact]
    public async Task The_types_of_ASP_NET_Core_are_those_of_the_host()
    {
        var job = await LoadAsync("""
            using Microsoft.AspNetCore.Http;
            using Microsoft.Extensions.Logging;

            public class Job(ILogger<Job> logger) { public IResult Perform() => Results.Ok(logger); }
            """);

        job.Type.GetMethod("Perform")!.ReturnType.ShouldBe(typeof(Microsoft.AspNetCore.Http.IResult));
    }

    [Fact]
    public async Task The_types_of_JobRunner_are_those_of_the_host()
    {
        var job = await LoadAsync("""
            using JobRunner;

            public class Job
            {
                public int Perform() => 1;

                [JobEndpoint("/explain")] public string Explain(JobContext context) => "because";
            }
            """);

        var method = job.Type.GetMethod("Explain")!;
        method.GetCustomAttribute<JobEndpointAttribute>().ShouldNotBeNull();
        method.GetParameters()[0].ParameterType.ShouldBe(typeof(JobContext));
    }

    [Fact]
    public async Task The_dependencies_of_the_runner_are_not_those_of_a_job() =>
        (await Loads.ErrorOfAsync(_folder.Write("Job.cs", "public class Job { public Spectre.Console.Table? Perform() => null; }")))
            .ShouldContain("'Spectre' could not be found");

    [Fact]
    public async Task A_source_generator_is_answered_with_a_way_to_get_it()
    {
        var error = await Loads.ErrorOfAsync(_folder.Write("Job.cs", """
            using System.Text.RegularExpressions;
            public partial class Job
            {
                public bool Perform(string text) => Digits().IsMatch(text);
                [GeneratedRegex("[0-9]+")] private static partial Regex Digits();
            }
            """));

        error.ShouldContain("Job.cs:5: ");
        error.ShouldContain("built with the SDK when it starts with a #: line");
    }

    [Fact]
    public async Task A_job_that_is_let_go_of_leaves_memory()
    {
        var path = _folder.Write("Job.cs", "public class Job { public int Perform() => 1; }");
        var reference = await LoadAndUnloadAsync(path);

        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        while (reference.IsAlive && DateTime.UtcNow < deadline)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        reference.IsAlive.ShouldBeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> LoadAndUnloadAsync(string path)
    {
        var job = await Loads.FromAsync(path);
        job.Context.Unload();
        return new WeakReference(job.Context);
    }

    [Fact]
    public async Task Each_load_is_a_new_one()
    {
        var path = _folder.Write("Job.cs", "public class Job { public int Perform() => 1; }");
        var first = await Loads.FromAsync(path);
        File.WriteAllText(path, "public class Job { public int Perform() => 2; }");
        var second = await Loads.FromAsync(path);

        first.Perform().ShouldBe(1);
        second.Perform().ShouldBe(2);
        first.Context.ShouldNotBe(second.Context);
    }

    private Task<JobRunner.Cli.Loading.LoadedJobType> LoadAsync(string source) =>
        Loads.FromAsync(_folder.Write("Job.cs", source));
}
