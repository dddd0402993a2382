namespace JobRunner.Cli.Enqueueing;

/// <summary>Shows on a terminal how many tasks are accepted; silent elsewhere.</summary>
internal sealed class AcceptedCount(TextWriter error)
{
    private const int Step = 100;

    private readonly bool _isShown = !Console.IsErrorRedirected && !Console.IsOutputRedirected;
    private long _count;

    public void Add()
    {
        if (++_count % Step == 0 && _isShown)
            error.Write($"\r{_count} accepted");
    }

    public void End()
    {
        if (_isShown && _count >= Step)
            error.WriteLine($"\r{_count} accepted");
    }
}
