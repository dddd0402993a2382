namespace JobRunner.Cli.Loading;

/// <summary>The path does not lead to a job: wrong usage, as opposed to a job that fails to load.</summary>
internal sealed class JobPathException(string message) : UsageException(message);
