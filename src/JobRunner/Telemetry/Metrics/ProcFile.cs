using System.Globalization;

namespace JobRunner.Telemetry.Metrics;

/// <summary>Reads of <c>/proc/self</c> (Linux, proc(5)); null where it is missing or says something else.</summary>
internal static class ProcFile
{
    public static long? VirtualMemoryBytes() =>
        Field("/proc/self/status", "VmSize:", column: 1) is { } kibibytes ? kibibytes * 1024 : null;

    public static long? Threads() => Field("/proc/self/status", "Threads:", column: 1);

    public static long? MaxDescriptors() => Field("/proc/self/limits", "Max open files", column: 3);

    public static long? OpenDescriptors()
    {
        try
        {
            // The listing itself holds one descriptor open.
            return Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length - 1 : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? Field(string path, string line, int column)
    {
        try
        {
            if (!File.Exists(path))
                return null;
            var found = File.ReadLines(path).FirstOrDefault(text => text.StartsWith(line, StringComparison.Ordinal));
            var words = found?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return words?.Length > column
                && long.TryParse(words[column], NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? value
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
