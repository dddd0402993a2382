namespace JobRunner.Cli;

/// <summary>The command line makes no sense, which only what it names can tell; the message says what to do.</summary>
internal class UsageException(string message, Exception? innerException = null) : Exception(message, innerException);
