using System.Globalization;
using System.Text;

namespace JobRunner.Telemetry.Logs;

/// <summary>
/// Makes text safe to stand in one line of a log: what could end the line, move the cursor, colour the terminal or
/// turn the reading direction is written as an escape.
/// </summary>
internal static class ControlCharacters
{
    public static string Escape(string text)
    {
        var first = IndexOfUnsafe(text);
        if (first < 0)
            return text;

        var escaped = new StringBuilder(text.Length + 16).Append(text, 0, first);
        for (var i = first; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
                escaped.Append(text, i++, 2);
            else
                Append(escaped, text[i]);
        }

        return escaped.ToString();
    }

    private static int IndexOfUnsafe(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (IsUnsafe(text[i]))
                return i;
        }

        return -1;
    }

    private static bool IsUnsafe(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' || IsDirection(c);

    private static bool IsDirection(char c) =>
        c is '\u200E' or '\u200F' or '\u061C' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static void Append(StringBuilder escaped, char c)
    {
        _ = c switch
        {
            '\n' => escaped.Append("\\n"),
            '\r' => escaped.Append("\\r"),
            '\t' => escaped.Append("\\t"),
            _ when IsUnsafe(c) => escaped.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
            _ => escaped.Append(c),
        };
    }
}
