using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace JobRunner.Manifest;

/// <summary>
/// Builds the node tree from the YAML parser's events. Depth, number of nodes and the growth through aliases are
/// bounded, because a recursive builder without bounds ends the process (a stack overflow cannot be caught) or takes
/// all memory.
/// </summary>
internal sealed class YamlTree
{
    public const int MaxDepth = 64;
    public const int MaxNodes = 50_000;
    public const int MaxCharacters = 1 << 20;

    private readonly LoadContext _load;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, ManifestNode> _anchors = [];
    private readonly bool _masked;
    private int _nodes;

    private YamlTree(string text, LoadContext load)
    {
        _load = load;
        _masked = EnvironmentExpansion.CanMask(text);
        _parser = new Parser(new StringReader(_masked ? EnvironmentExpansion.Mask(text) : text));
    }

    /// <summary>The document's mapping; an empty document is an empty mapping.</summary>
    public static MapNode Parse(string text, LoadContext load)
    {
        if (text.Length > MaxCharacters)
            throw load.Error($"the manifest has {text.Length} characters, and at most {MaxCharacters} are allowed", default);
        try
        {
            return new YamlTree(text, load).Document();
        }
        catch (YamlException e)
        {
            throw load.Error($"this is not valid YAML, {Reason(e)}", At(e.Start), cause: e);
        }
        catch (Exception e) when (e is not ManifestException)
        {
            throw load.Error("this is not valid YAML", default, cause: e);
        }
    }

    private MapNode Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _)) return MapNode.Empty;
        _parser.Consume<DocumentStart>();
        var root = Node(1);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
            throw _load.Error("the manifest holds more than one document", At(second.Start));
        return root switch
        {
            MapNode map => map,
            ScalarNode { IsNull: true } => MapNode.Empty,
            _ => throw _load.Error($"the manifest is {root.Shown} but must be a mapping of keys to values", root.Position),
        };
    }

    private ManifestNode Node(int depth)
    {
        var next = _parser.Consume<ParsingEvent>();
        if (depth > MaxDepth)
            throw _load.Error($"the manifest is nested deeper than {MaxDepth} levels", At(next.Start));
        Spend(1, next.Start);
        var node = next switch
        {
            AnchorAlias alias => Anchored(alias, depth),
            Scalar scalar => Scalar(scalar),
            SequenceStart start => List(start, depth),
            _ => Map((MappingStart)next, depth),
        };
        if (next is NodeEvent { Anchor.IsEmpty: false } named) _anchors[named.Anchor] = node;
        return node;
    }

    private ManifestNode Anchored(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value, out var node))
            throw _load.Error($"*{alias.Value} stands for nothing that ends before it", At(alias.Start));
        if (depth + node.Height - 1 > MaxDepth)
            throw _load.Error($"the manifest is nested deeper than {MaxDepth} levels", At(alias.Start));
        Spend(node.Size, alias.Start);
        return node;
    }

    private ScalarNode Scalar(Scalar scalar)
    {
        var position = At(scalar.Start);
        var written = _masked ? EnvironmentExpansion.Unmask(scalar.Value) : scalar.Value;
        var text = EnvironmentExpansion.Expand(written, _load.Environment, name =>
            _load.Warn($"the variable {name} is not set, so ${{{name}}} stands for nothing", position));
        return new ScalarNode(text, written, scalar.Style == ScalarStyle.Plain && !IsTaggedText(scalar.Tag), position);
    }

    private static bool IsTaggedText(in TagName tag) =>
        !tag.IsEmpty && (tag.IsNonSpecific || string.Equals(tag.Value, "tag:yaml.org,2002:str", StringComparison.Ordinal));

    private ListNode List(SequenceStart start, int depth)
    {
        var items = new List<ManifestNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _)) items.Add(Node(depth + 1));
        return new ListNode(items, At(start.Start));
    }

    private MapNode Map(MappingStart start, int depth)
    {
        var entries = new List<MapEntry>();
        var seen = new Dictionary<string, Position>(StringComparer.Ordinal);
        var merged = new List<MapNode>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var keyNode = Node(depth + 1);
            if (keyNode is not ScalarNode key)
                throw _load.Error($"a key is {keyNode.Shown} but must be text", keyNode.Position);
            var value = Node(depth + 1);
            if (key is { IsPlain: true, Written: "<<" })
                merged.AddRange(Merged(value));
            else if (seen.TryAdd(key.Text, key.Position))
                entries.Add(new MapEntry(key, value));
            else
                throw _load.Error($"the key {key.Shown} stands twice, first on line {seen[key.Text].Line}", key.Position);
        }

        entries.AddRange(merged.SelectMany(map => map.Entries).Where(entry => seen.TryAdd(entry.Key.Text, default)));
        return new MapNode(entries, At(start.Start));
    }

    private IEnumerable<MapNode> Merged(ManifestNode value) => value switch
    {
        MapNode map => [map],
        ListNode list when list.Items.All(item => item is MapNode) => list.Items.Cast<MapNode>(),
        _ => throw _load.Error($"<< is {value.Shown} but must be a mapping or a list of mappings", value.Position),
    };

    private void Spend(int nodes, in Mark mark)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
            throw _load.Error($"the manifest has more than {MaxNodes} values, aliases included", At(mark));
    }

    private static Position At(in Mark mark) => new(mark.Line, mark.Column);

    // The parser's sentences begin with a capital letter and end with a full stop; ours go on after them.
    private static string Reason(YamlException e)
    {
        var reason = e.Message.TrimEnd('.', ' ');
        return reason.Length == 0 ? "" : char.ToLowerInvariant(reason[0]) + EnvironmentExpansion.Unmask(reason[1..]);
    }
}
