using System.Globalization;

namespace JobRunner.Manifest;

/// <summary>Sizes as people write them: <c>512k</c>, <c>100m</c>, <c>2g</c> (powers of 1024), or bytes.</summary>
internal static class ByteSize
{
    /// <summary>How rules describe the form.</summary>
    public const string Form = "a size such as 512k, 100m, 2g or a number of bytes";

    public static bool TryParse(string text, out long value)
    {
        value = 0;
        if (text.Length == 0) return false;
        var shift = char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        var digits = shift == 0 ? text.AsSpan() : text.AsSpan(0, text.Length - 1);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        if (number > long.MaxValue >> shift) return false;
        value = number << shift;
        return true;
    }
}
