using JobRunner.Telemetry.Logs;

namespace JobRunner.Cli.Output;

/// <summary>Makes text of a job's, such as the message of its exception, safe to show on a terminal.</summary>
internal static class PlainText
{
    /// <summary>Escapes control characters; line breaks stay, since errors of a compiler have several lines.</summary>
    public static string Of(string text) => string.Join('\n', text.Split('\n').Select(line => ControlCharacters.Escape(line.TrimEnd('\r'))));
}
