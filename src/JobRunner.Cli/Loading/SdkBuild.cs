using System.Text.RegularExpressions;

namespace JobRunner.Cli.Loading;

/// <summary>Builds a job with the .NET SDK.</summary>
internal static partial class SdkBuild
{
    // Release, since the result is served. Dependencies have to lie beside the assembly to be loaded from there, which
    // a library does not do by itself. The shared compiler would stay behind and hold our pipes open.
    private static readonly string[] Options =
    [
        "-nologo", "-verbosity:quiet", "-tl:off", "-consoleLoggerParameters:NoSummary;ErrorsOnly",
        "--configuration", "Release", "-property:CopyLocalLockFileAssemblies=true", "-property:UseSharedCompilation=false",
    ];

    /// <summary>Builds a project as its author wrote it, and gives the path of the assembly.</summary>
    /// <exception cref="JobLoadException">It does not build: a line <c>file:line: message</c> for each error.</exception>
    public static async Task<string> ProjectAsync(string project, BuildCache cache, CancellationToken cancellationToken)
    {
        using var held = await cache.LockAsync(cache.FolderFor(project, source: ""), cancellationToken);
        var answer = Path.Combine(Path.GetTempPath(), $"jobrunner-{Guid.NewGuid():N}.txt");
        try
        {
            await RunAsync(
                project,
                ["-target:Build", "-getProperty:TargetPath", $"-getResultOutputFile:{answer}"],
                cancellationToken);
            var assembly = (await File.ReadAllTextAsync(answer, cancellationToken)).Trim();
            return assembly.Length > 0
                ? assembly
                : throw new JobLoadException(
                    $"{Path.GetFileName(project)} targets several frameworks; build it and give the .dll of one of them.");
        }
        finally
        {
            File.Delete(answer);
        }
    }

    /// <summary>Builds a file with <c>#:</c> lines, or takes the assembly from the cache, and gives its path.</summary>
    /// <exception cref="JobLoadException">It does not build: a line <c>file:line: message</c> for each error.</exception>
    public static async Task<string> FileAsync(
        string path, string source, FileDirectives directives, BuildCache cache, CancellationToken cancellationToken)
    {
        var folder = cache.FolderFor(path, source);
        using var held = await cache.LockAsync(folder, cancellationToken);

        // The assembly is written last into place, so that a build that was cut short does not count as one.
        var assembly = Path.Combine(folder, Path.GetFileNameWithoutExtension(path) + ".dll");
        if (directives.AreSelfContained && File.Exists(assembly))
            return assembly;

        var building = folder + ".building";
        DeleteFolder(building);
        Directory.CreateDirectory(building);
        var parity = Path.Combine(building, "JobRunner.targets");
        await File.WriteAllTextAsync(parity, ParityTargets(), cancellationToken);
        List<string> arguments =
        [
            "--output", building,
            "-property:GenerateDocumentationFile=true",
            // The default of single files, which is of no use to a library and needs a compiler package of its own.
            "-property:PublishAot=false",
            $"-property:CustomAfterMicrosoftCommonTargets={parity}",
        ];
        if (!CSharpFileCompiler.HasTopLevelStatements(source, cancellationToken))
            arguments.Add("-property:OutputType=Library");
        await RunAsync(path, arguments, cancellationToken);

        DeleteFolder(folder);
        Directory.Move(building, folder);
        return assembly;
    }

    private static async Task RunAsync(string input, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var directory = Path.GetDirectoryName(input)!;
        var result = await DotnetCommand.RunAsync(
            directory, ["build", Path.GetFileName(input), .. Options, .. arguments], cancellationToken);
        if (result.ExitCode == 0)
            return;

        var errors = result.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => BuildError().Match(line))
            .Where(match => match.Success)
            .Select(match => Describe(match, directory))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        throw new JobLoadException(
            errors.Length > 0
                ? string.Join(Environment.NewLine, errors)
                : $"'dotnet build' of {input} failed: {result.Output.Trim()}");
    }

    private static string Describe(Match error, string directory)
    {
        var code = error.Groups["code"].Value;
        var message = code.Length > 0 ? $"{error.Groups["message"].Value} ({code})" : error.Groups["message"].Value;
        return int.TryParse(error.Groups["line"].Value, out var line)
            ? SourcePosition.Describe(Path.GetFullPath(error.Groups["file"].Value, directory), line, message)
            : message;
    }

    // Adding a package must not take anything away: as when compiled in memory, the file sees ASP.NET Core and JobRunner.
    private static string ParityTargets() => $"""
        <Project>
          <ItemGroup>
            <FrameworkReference Include="Microsoft.AspNetCore.App"
              Condition="'$(UsingMicrosoftNETSdkWeb)' != 'true'" />
            <Reference Include="JobRunner" HintPath="{System.Security.SecurityElement.Escape(SharedAssemblies.Current.JobRunnerPath)}"
              Private="false" Condition="'@(PackageReference->AnyHaveMetadataValue('Identity', 'JobRunner'))' != 'true'" />
          </ItemGroup>
        </Project>
        """;

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex(
        @"^(?<file>[^(]+?)\s*(\((?<line>\d+)[^)]*\))?\s*:\s+error\s*(?<code>[A-Z]+\d+)?\s*:\s*(?<message>.*?)(\s+\[[^\]]*\])?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex BuildError();
}
