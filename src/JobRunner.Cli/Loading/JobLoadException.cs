namespace JobRunner.Cli.Loading;

/// <summary>The job exists but cannot be loaded. The message says what is wrong and what to do about it.</summary>
internal sealed class JobLoadException : Exception
{
    public JobLoadException(string message)
        : base(message)
    {
    }

    public JobLoadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
