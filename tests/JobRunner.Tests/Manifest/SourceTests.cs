using Shouldly;
using Xunit;

namespace JobRunner.Tests.Manifest;

public sealed class SourceTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("manifest");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void The_argument_wins_over_the_variable_and_the_files()
    {
        Write("given.yaml", "name: given");
        Write("work/job.yaml", "name: work");

        var manifest = Load(path: "../given.yaml", ("JOB_MANIFEST_YAML", "name: variable"));

        manifest.Name.ShouldBe("given");
        manifest.Path.ShouldBe(At("given.yaml"));
    }

    [Fact]
    public void The_argument_may_be_a_folder()
    {
        Write("job/job.yaml", "name: beside");

        Load(path: At("job")).Name.ShouldBe("beside");
    }

    [Fact]
    public void The_variable_wins_over_the_files_and_its_literal_line_breaks_are_line_breaks()
    {
        Write("work/job.yaml", "name: work");

        var manifest = Load(null, ("JOB_MANIFEST_YAML", @"name: variable\njobtype_extra:\n  timeout: 5s"));

        manifest.Name.ShouldBe("variable");
        manifest.Extra.Timeout.ShouldBe(TimeSpan.FromSeconds(5));
        manifest.Path.ShouldBeNull();
    }

    [Fact]
    public void An_error_in_the_variable_names_the_variable() =>
        Should.Throw<ManifestException>(() => Load(null, ("JOB_MANIFEST_YAML", @"name: x\nreplicas: x")))
            .Message.ShouldStartWith("JOB_MANIFEST_YAML: replicas is \"x\"");

    [Fact]
    public void The_working_directory_wins_over_the_job_s_folder()
    {
        Write("job/job.yaml", "name: beside");
        Load().Name.ShouldBe("beside");

        Write("work/job.yaml", "name: work");
        Load().Name.ShouldBe("work");
    }

    [Fact]
    public void Without_a_manifest_every_setting_has_its_default_and_a_warning_says_so()
    {
        var manifest = Load(null, ("JOB_MANIFEST_YAML", " "));

        manifest.Name.ShouldBeNull();
        manifest.Extra.HomePage.ShouldBe("/docs");
        manifest.Warnings.ShouldHaveSingleItem().ShouldContain("no --manifest-path, no JOB_MANIFEST_YAML, and no job.yaml");
    }

    [Fact]
    public void A_file_that_is_given_must_exist() =>
        Should.Throw<ManifestException>(() => Load(path: "absent.yaml")).Message.ShouldBe($"{At("work/absent.yaml")}: there is no such file.");

    [Fact]
    public void A_file_that_is_not_text_is_refused()
    {
        File.WriteAllBytes(At("bytes.yaml"), [0x6E, 0x3A, 0x20, 0xFF, 0xFE, 0x00]);

        Should.Throw<ManifestException>(() => Load(path: At("bytes.yaml"))).Message.ShouldEndWith("the manifest is not UTF-8 text.");
    }

    [Fact]
    public void A_byte_order_mark_does_no_harm()
    {
        File.WriteAllBytes(At("bom.yaml"), [0xEF, 0xBB, 0xBF, .. "name: x"u8]);

        Load(path: At("bom.yaml")).Name.ShouldBe("x");
    }

    [Fact]
    public void A_relative_path_is_found_beside_the_manifest_then_beside_the_job_then_in_the_working_directory()
    {
        Write("conf/job.yaml", "name: x");
        var manifest = Load(path: At("conf/job.yaml"));

        manifest.ResolvePath("data").ShouldBe(At("conf/data"));
        Write("work/data", "");
        manifest.ResolvePath("data").ShouldBe(At("work/data"));
        Write("job/data", "");
        manifest.ResolvePath("data").ShouldBe(At("job/data"));
        Write("conf/data", "");
        manifest.ResolvePath("data").ShouldBe(At("conf/data"));
        manifest.ResolvePath("/etc/data").ShouldBe("/etc/data");
    }

    [Fact]
    public void Runtime_variables_are_set_and_secrets_win()
    {
        Write("job/.env", """
            # comment
            export TOKEN=abc#1 # the token
            EMPTY=
            SINGLE='a "b" # \n c'
            DOUBLE="line\none \"two\" \\ \x"
            SPACED = a b

            SHARED=secret
            """.ReplaceLineEndings("\r\n"));
        Write("job/job.yaml", "runtime_env: {SHARED: plain, OTHER: 1}\nsecret_runtime_env_file: .env");
        var set = new Dictionary<string, string>(StringComparer.Ordinal);

        RuntimeEnvironment.Apply(Load(), set.Add).ShouldBeEmpty();

        set.ShouldBe(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["SHARED"] = "secret",
                ["OTHER"] = "1",
                ["TOKEN"] = "abc#1",
                ["EMPTY"] = "",
                ["SINGLE"] = "a \"b\" # \\n c",
                ["DOUBLE"] = "line\none \"two\" \\ \\x",
                ["SPACED"] = "a b",
            },
            ignoreOrder: true);
    }

    [Fact]
    public void A_secret_file_that_is_not_there_is_a_warning()
    {
        Write("job/job.yaml", "runtime_env: {A: b}\nsecret_runtime_env_file: .env");
        var set = new Dictionary<string, string>(StringComparer.Ordinal);

        RuntimeEnvironment.Apply(Load(), set.Add).ShouldHaveSingleItem().ShouldContain(At("job/.env"));
        set["A"].ShouldBe("b");
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("A='hunter2")]
    [InlineData("A=\"hunter2\" more")]
    [InlineData("1A=hunter2")]
    [InlineData("A=hunter2\0")]
    public void A_broken_secret_file_is_named_by_line_and_never_shown(string line)
    {
        Write("job/.env", "OK=1\n" + line);
        Write("job/job.yaml", "secret_runtime_env_file: .env");

        Should.Throw<ManifestException>(() => RuntimeEnvironment.Apply(Load(), (_, _) => { }))
            .Message.ShouldBe($"{At("job/.env")}: a line is not KEY=VALUE (line 2, column 1).");
    }

    private JobManifest Load(string? path = null, params (string Name, string Value)[] environment)
    {
        var sources = new ManifestSources
        {
            ManifestPath = path,
            WorkingDirectory = _root.CreateSubdirectory("work").FullName,
            JobDirectory = _root.CreateSubdirectory("job").FullName,
            Environment = ManifestText.Variables(environment),
        };
        return ManifestLoader.Load(sources);
    }

    private string At(string name) => Path.Combine(_root.FullName, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }
}
