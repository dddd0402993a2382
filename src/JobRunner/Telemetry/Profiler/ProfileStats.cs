using System.Globalization;
using System.Text;

namespace JobRunner.Telemetry.Profiler;

/// <summary>A profile as plain text: the top methods and, for memory, the top types of each view.</summary>
internal static class ProfileStats
{
    private const int Top = 20;

    public static string Write(Profile profile)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{profile.Title}, estimated from {profile.Samples} samples\n");
        foreach (var view in profile.Views)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{view.Name}: {ProfileFigure.Text(view.Root.Total, view.Unit)}\n");
            Rank(text, "Methods", view.Sites, view);
            Rank(text, "Types", view.Types, view);
        }

        return text.ToString();
    }

    private static void Rank(StringBuilder text, string heading, IReadOnlyList<ProfileEntry> entries, ProfileView view)
    {
        if (entries.Count == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\n  {heading}\n");
        foreach (var entry in entries.Take(Top))
        {
            var share = view.Root.Total > 0 ? entry.Value / view.Root.Total : 0;
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {ProfileFigure.Text(entry.Value, view.Unit),12}  {share,6:0.0%}  {entry.Name}\n");
        }

        if (entries.Count > Top)
            text.Append(CultureInfo.InvariantCulture, $"  {"",12}  {"",6}  and {entries.Count - Top} more\n");
    }
}
