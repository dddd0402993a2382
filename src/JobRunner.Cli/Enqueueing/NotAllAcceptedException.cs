namespace JobRunner.Cli.Enqueueing;

/// <summary>Some tasks were not put; the message tells which is the first, why, and how many were.</summary>
internal sealed class NotAllAcceptedException(string reason, long accepted, Exception? innerException)
    : Exception($"{Sentence(reason)} {Count(accepted)}", innerException)
{
    private static string Sentence(string reason) => reason.EndsWith('.') ? reason : $"{reason}.";

    private static string Count(long accepted) => accepted switch
    {
        0 => "No task was accepted.",
        1 => "1 task was accepted before.",
        _ => $"{accepted} tasks were accepted before.",
    };
}
