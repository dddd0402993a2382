using System.Text.RegularExpressions;

namespace JobRunner.Samples.Tests;

/// <summary>The folders below <c>samples</c>, as they are found there: a new sample is tested without being named.</summary>
internal static partial class SampleFolders
{
    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>Names of all samples, in order.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Directory.GetDirectories(Repository()).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>The command that serves a sample: the tool, unless the sample is an application of its own.</summary>
    public static IReadOnlyList<string> CommandOf(string folder)
    {
        var source = Path.Combine(Root, folder, "Job.cs");
        return File.Exists(source)
            ? [Path.Combine(AppContext.BaseDirectory, "JobRunner.Cli.dll"), "run", source, "--host", "127.0.0.1", "--port", "0"]
            : [Path.Combine(AppContext.BaseDirectory, $"{folder}.dll"), "--urls", "http://127.0.0.1:0"];
    }

    /// <summary>The name that a sample's manifest gives it.</summary>
    public static string NameOf(string folder) =>
        File.ReadLines(Path.Combine(Root, folder, "job.yaml")).Single(line => line.StartsWith("name: ", StringComparison.Ordinal))["name: ".Length..];

    /// <summary>The sentence that the comment of a sample's first class begins with.</summary>
    public static string SummaryOf(string folder) => Directory.GetFiles(Path.Combine(Root, folder), "*.cs")
        .Order(StringComparer.Ordinal)
        .Select(file => Summary().Match(File.ReadAllText(file)))
        .Where(match => match.Success)
        .Select(match => Markup().Replace(match.Groups["text"].Value, string.Empty).ReplaceLineEndings(" "))
        .First();

    // Copies of samples that are gone may still lie in the output.
    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "JobRunner.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("the repository was not found");
        return Path.Combine(folder, "samples");
    }

    [GeneratedRegex(@"^/// <summary>(?<text>.+?)</summary>$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Summary();

    [GeneratedRegex(@"</?c>|(?<=\n)/// ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Markup();
}
