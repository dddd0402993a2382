namespace JobRunner.Manifest;

/// <summary>Finds what a mistyped name most likely meant.</summary>
internal static class NearestName
{
    /// <summary>The name with the smallest edit distance; the first of equals.</summary>
    public static string Of(string name, IEnumerable<string> known)
    {
        // A key may be as long as the file; what matters of it is its beginning.
        var typed = name.Length > 100 ? name[..100] : name;
        return known.MinBy(candidate => Distance(typed, candidate)) ?? "";
    }

    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
