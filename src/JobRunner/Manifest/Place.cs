using System.Runtime.InteropServices;

namespace JobRunner.Manifest;

/// <summary>A key in a document that is being read, and the errors that name it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Place(LoadContext Load, string Key)
{
    public Place Of(string name) => this with { Key = Key.Length == 0 ? name : $"{Key}.{name}" };

    public Place Item(int index) => this with { Key = $"{Key}[{index}]" };

    public Place Query(string name) => this with { Key = $"{Key}?{name}" };

    /// <summary>The same place, filled in from an environment variable: that is the name a person must correct.</summary>
    public static Place Variable(string name, LoadContext load) =>
        new(new LoadContext("environment", load.Environment), name);

    public ManifestException Wrong(ManifestNode node, string rule) => Wrong(node, node.Shown, rule);

    public ManifestException Wrong(ManifestNode node, string shown, string rule) =>
        Load.Error($"{Key} is {shown} but must be {rule}", node.Position, Key);

    public ManifestException Missing(ManifestNode node, string name) =>
        Load.Error($"{Of(name).Key} is missing", node.Position, Of(name).Key);

    public ManifestException Unknown(string name, Position position, IEnumerable<string> known) =>
        Load.Error(UnknownSentence(name, known), position, Of(name).Key);

    public ManifestException UnknownInQuery(ScalarNode name, IEnumerable<string> known) =>
        Load.Error(
            $"{Key} has the unknown query key {name.Shown} (the nearest is \"{NearestName.Of(name.Text, known)}\")",
            name.Position,
            Key);

    public void WarnUnknown(string name, Position position, IEnumerable<string> known) =>
        Load.Warn($"{UnknownSentence(name, known)} and ignored", position);

    private string UnknownSentence(string name, IEnumerable<string> known) =>
        $"{Of(name).Key} is no known key (the nearest is \"{NearestName.Of(name, known)}\")";
}
