using System.Runtime.CompilerServices;

namespace JobRunner.Cli.Tests;

/// <summary>Where the sources are that these tests were built from.</summary>
internal static class Sources
{
    public static string Root { get; } = Find();

    private static string Find([CallerFilePath] string file = "") => Path.GetFullPath("../..", Path.GetDirectoryName(file)!);
}
