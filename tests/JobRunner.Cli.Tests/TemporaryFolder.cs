using JobRunner.Cli.Loading;

namespace JobRunner.Cli.Tests;

/// <summary>A folder that lives as long as a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("jobrunner-test-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Compiles a job into <c>Job.dll</c>: where many processes run it, the compiler would cost more than they do.</summary>
    public void WriteJob(string source)
    {
        var compiled = CSharpFileCompiler.Compile(this["Job.cs"], source, TestContext.Current.CancellationToken);
        File.WriteAllBytes(this["Job.dll"], compiled.Assembly.ToArray());
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
