using System.Text;
using System.Text.RegularExpressions;

namespace JobRunner.Manifest;

/// <summary>
/// Reads <c>.env</c> text: <c>KEY=VALUE</c> lines, <c>export</c> allowed before them, comments, values bare, in single
/// quotes (literal) or in double quotes (with <c>\n</c>, <c>\t</c>, <c>\r</c>, <c>\"</c>, <c>\\</c>). Errors name the
/// line and never show it.
/// </summary>
internal static partial class EnvFile
{
    public static IReadOnlyDictionary<string, string> Parse(string text, LoadContext load)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var trimmed = line.Trim();
            if (trimmed.Length == 0 || trimmed[0] == '#') continue;
            var match = Line().Match(trimmed);
            if (!match.Success || match.Groups["value"].Value.Contains('\0', StringComparison.Ordinal))
                throw load.Error("a line is not KEY=VALUE", new Position(number, 1));
            variables[match.Groups["key"].Value] = Value(match);
        }

        return variables;
    }

    private static string Value(Match match)
    {
        if (match.Groups["single"] is { Success: true } single) return single.Value;
        if (match.Groups["double"] is { Success: true } quoted) return Unescape(quoted.Value);
        return match.Groups["bare"].Value;
    }

    private static string Unescape(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            var next = text[++i];
            _ = next switch
            {
                'n' => result.Append('\n'),
                'r' => result.Append('\r'),
                't' => result.Append('\t'),
                '"' or '\\' => result.Append(next),
                _ => result.Append('\\').Append(next),
            };
        }

        return result.ToString();
    }

    [GeneratedRegex(
        """^(export\s+)?(?<key>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(?<value>'(?<single>[^']*)'(\s+\#.*)?|"(?<double>(\\.|[^"\\])*)"(\s+\#.*)?|(?<bare>(?!['"]|\#).*?)(\s+\#.*)?|(\#.*)?)\z""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();
}
