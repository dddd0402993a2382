namespace JobRunner.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    /// <summary>What was asked for is done.</summary>
    public const int Done = 0;

    /// <summary>It was asked for rightly, and failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense, or names a path that does not exist.</summary>
    public const int WrongUsage = 2;
}
