using System.Buffers;
using System.Text;
using System.Text.Json;

namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// A profile's data for <see cref="FlameGraphPage"/>. The default encoder leaves no character that could end the
/// script element it stands in.
/// </summary>
internal static class FlameGraphJson
{
    private const double LeastShare = 0.0005;
    private const int TopEntries = 50;
    private const int MaxDepth = 10_000;

    public static string Write(Profile profile)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = MaxDepth }))
        {
            json.WriteStartArray();
            foreach (var view in profile.Views)
                WriteView(json, view);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteView(Utf8JsonWriter json, ProfileView view)
    {
        json.WriteStartObject();
        json.WriteString("name", view.Name);
        json.WriteString("unit", view.Unit == ProfileUnit.Bytes ? "bytes" : "ms");
        WriteEntries(json, "methods", view.Sites);
        WriteEntries(json, "types", view.Types);
        json.WritePropertyName("root");
        WriteNode(json, view.Root, view.Root.Total * LeastShare);
        json.WriteEndObject();
    }

    private static void WriteEntries(Utf8JsonWriter json, string name, IReadOnlyList<ProfileEntry> entries)
    {
        json.WriteStartArray(name);
        foreach (var entry in entries.Take(TopEntries))
        {
            json.WriteStartArray();
            json.WriteStringValue(entry.Name);
            json.WriteNumberValue(Math.Round(entry.Value));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteNode(Utf8JsonWriter json, StackNode node, double least)
    {
        json.WriteStartObject();
        json.WriteString("n", node.Name);
        json.WriteNumber("v", Math.Round(node.Total));
        json.WriteStartArray("c");
        foreach (var child in node.Children.TakeWhile(child => child.Total >= least))
            WriteNode(json, child, least);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
