using System.CommandLine;
using System.CommandLine.Completions;
using JobRunner.Cli.Loading;

namespace JobRunner.Cli.Commands;

/// <summary>The argument and the options that say which job is meant; the same on every command that takes one.</summary>
internal sealed class JobSymbols
{
    private readonly Argument<string?> _job = new("JOB")
    {
        HelpName = "JOB",
        Description = "The job: a .dll, .cs or .csproj file, or a folder holding one.",
    };

    private readonly Option<string?> _class = new("--class")
    {
        Description = "The job class, by its full or simple name, where there are several.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _manifest = new("--manifest-path")
    {
        Description = "The manifest, where it is not the job.yaml beside the job.",
        HelpName = "PATH",
    };

    public JobSymbols()
        : this(ArgumentArity.ExactlyOne)
    {
    }

    /// <param name="arity">How many jobs there must be.</param>
    public JobSymbols(ArgumentArity arity)
    {
        _job.Arity = arity;
        _job.CompletionSources.Add(Paths);
    }

    /// <summary>Adds the argument and the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_job);
        command.Options.Add(_class);
        command.Options.Add(_manifest);
    }

    /// <summary>The job that a command line is about.</summary>
    /// <exception cref="UsageException">The path leads to no job, or to no manifest.</exception>
    /// <exception cref="JobLoadException">No job is given, and the manifest needs something else.</exception>
    public HostedJob HostedJobOf(ParseResult parsed)
    {
        var manifestPath = ManifestPathOf(parsed);
        if (parsed.GetValue(_job) is not { } path)
            throw MissingJob.Describe(manifestPath);
        var source = JobSource.Resolve(path);
        return new HostedJob(new JobLoader(source, parsed.GetValue(_class)), source.Directory, manifestPath);
    }

    private string? ManifestPathOf(ParseResult parsed)
    {
        if (parsed.GetValue(_manifest) is not { } path)
            return null;

        return Path.Exists(path)
            ? Path.GetFullPath(path)
            : throw new JobPathException($"There is no manifest '{path}'; give the path of a job.yaml.");
    }

    private static IEnumerable<CompletionItem> Paths(CompletionContext context)
    {
        var folder = Path.GetDirectoryName(context.WordToComplete) ?? "";
        var searched = folder.Length == 0 ? "." : folder;
        if (!Directory.Exists(searched))
            return [];

        return Directory.EnumerateFileSystemEntries(searched)
            .Where(path => Directory.Exists(path) || Path.GetExtension(path) is ".dll" or ".cs" or ".csproj")
            .Select(path => new CompletionItem(Path.Combine(folder, Path.GetFileName(path))));
    }
}
