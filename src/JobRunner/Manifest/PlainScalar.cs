using System.Globalization;
using System.Text.RegularExpressions;

namespace JobRunner.Manifest;

/// <summary>
/// What an unquoted scalar means. Whole numbers are decimal, and flags are those of YAML 1.1, which is what people
/// type (<c>yes</c>, <c>on</c>) and what most YAML writers still assume.
/// </summary>
internal static partial class PlainScalar
{
    public static bool? Flag(ScalarNode node) => !node.IsPlain ? null : node.Text.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "ON" => true,
        "FALSE" or "NO" or "OFF" => false,
        _ => null,
    };

    public static long? Whole(ScalarNode node) =>
        node.IsPlain && WholeNumber().IsMatch(node.Text)
        && long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    public static double? Number(ScalarNode node) =>
        node.IsPlain && DecimalNumber().IsMatch(node.Text)
        && double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && double.IsFinite(value)
            ? value
            : null;

    public static object Value(ScalarNode node) =>
        Flag(node) ?? Whole(node) ?? Number(node) ?? (object)node.Text;

    [GeneratedRegex(
        "^[+-]?[0-9]+$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(
        @"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex DecimalNumber();
}
