namespace JobRunner.Telemetry;

/// <summary>Switches in environment variables.</summary>
internal static class EnvironmentFlag
{
    /// <summary>True for <c>true</c>, <c>yes</c>, <c>y</c>, <c>t</c> and <c>1</c> in any case; false for all else.</summary>
    public static bool IsOn(string? value) =>
        value?.Trim().ToUpperInvariant() is "TRUE" or "YES" or "Y" or "T" or "1";
}
