namespace JobRunner.Telemetry.Logs;

/// <summary>Whether standard output is a terminal that shows colours (NO_COLOR and TERM=dumb say it does not).</summary>
internal static class ConsoleColours
{
    public static bool Wanted =>
        !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";
}
