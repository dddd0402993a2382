using System.Text.RegularExpressions;

namespace JobRunner.Manifest;

/// <summary>
/// <c>${NAME}</c> and <c>${NAME:-default}</c>. The value replaces the reference inside its scalar, never in the text
/// of the document: a password with a colon, a quote or a line break would otherwise change the document's structure
/// in silence. Typing comes after expansion, so <c>max_concurrency: ${N}</c> is a number.
/// </summary>
internal static partial class EnvironmentExpansion
{
    // Braces, commas and the like would end an unquoted scalar inside [..] or {..}. They are moved, one character for
    // one so that columns stay right, to a private use area while the YAML parser reads, and moved back afterwards.
    private const char MaskBase = '\uE000';
    private const char LastMask = (char)(MaskBase + 127);
    private const string Indicators = "{}[],:#&*!|>%@` ";

    /// <summary>Whether masks can be told from the text's own characters; such characters are next to unknown.</summary>
    public static bool CanMask(string text) =>
        text.AsSpan().IndexOfAnyInRange(MaskBase, LastMask) < 0
        && !text.Contains(@"\uE0", StringComparison.OrdinalIgnoreCase);

    /// <summary>Hides references, and the colon that ends a bare scheme such as <c>store: memory:</c>, from YAML.</summary>
    public static string Mask(string text) =>
        BareScheme().Replace(Reference().Replace(text, Masked), Masked);

    /// <summary>The scalar as it was written.</summary>
    public static string Unmask(string text) =>
        text.AsSpan().IndexOfAnyInRange(MaskBase, LastMask) < 0
            ? text
            : string.Concat(text.Select(UnmaskCharacter));

    /// <summary>Replaces every reference; a variable that is unset or empty and has no default is reported.</summary>
    public static string Expand(string written, Func<string, string?> environment, Action<string> unset)
    {
        if (!written.Contains("${", StringComparison.Ordinal)) return written;
        return Reference().Replace(written, match =>
        {
            var name = match.Groups["name"].Value;
            var value = environment(name);
            if (!string.IsNullOrEmpty(value)) return value;
            if (match.Groups["default"] is { Success: true } fallback) return fallback.Value;
            if (value is null) unset(name);
            return "";
        });
    }

    private static string Masked(Match match) => string.Concat(match.Value.Select(MaskCharacter));

    private static char MaskCharacter(char c) => Indicators.Contains(c, StringComparison.Ordinal) ? (char)(MaskBase + c) : c;

    private static char UnmaskCharacter(char c) => c is >= MaskBase and <= LastMask ? (char)(c - MaskBase) : c;

    // A default holds no further reference, so that a text full of unfinished ones is read once and not n times.
    [GeneratedRegex(
        @"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>([^}\r\n$]|\$(?!\{))*))?\}",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    // A colon before a space, a comment or the end of the line would begin a mapping, which cannot stand there anyway.
    [GeneratedRegex(
        @"(?<=:[ \t]+)(sqlite|memory|rediss?|nats|tls|amqps?):(?=[ \t]*(\r?$|[,}\]])|[ \t]+\#)",
        RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex BareScheme();
}
