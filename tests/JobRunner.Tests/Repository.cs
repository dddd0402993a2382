using System.Runtime.CompilerServices;

namespace JobRunner.Tests;

/// <summary>Where the sources are that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find([CallerFilePath] string file = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(file)!);
        while (!File.Exists(Path.Combine(folder.FullName, "JobRunner.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("JobRunner.sln is not above the tests.");
        return folder.FullName;
    }
}
