namespace JobRunner.Telemetry.Profiler;

/// <summary>A method in the tree of all stacks, with what was counted in it and in what it called.</summary>
internal sealed class StackNode(string name)
{
    private readonly Dictionary<string, StackNode> _children = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public double Total { get; private set; }

    public IEnumerable<StackNode> Children => _children.Values.OrderByDescending(child => child.Total);

    /// <summary>Adds one stack.</summary>
    /// <param name="frames">Outermost first.</param>
    /// <param name="value">What it counts.</param>
    public void Add(IEnumerable<StackFrameName> frames, double value)
    {
        var node = this;
        node.Total += value;
        foreach (var frame in frames)
        {
            if (!node._children.TryGetValue(frame.Method, out var child))
                node._children.Add(frame.Method, child = new StackNode(frame.Method));
            child.Total += value;
            node = child;
        }
    }
}
