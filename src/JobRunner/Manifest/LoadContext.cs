namespace JobRunner.Manifest;

/// <summary>What is the same for one load: where the text came from, the environment, and the warnings so far.</summary>
internal sealed class LoadContext(string file, Func<string, string?> environment)
{
    private readonly List<string> _warnings = [];

    public string File { get; } = file;

    public Func<string, string?> Environment { get; } = environment;

    public IReadOnlyList<string> Warnings => _warnings;

    public void Warn(string sentence, Position position) => _warnings.Add($"{File}: {sentence}{position}.");

    public ManifestException Error(string sentence, Position position, string? key = null, Exception? cause = null) =>
        new($"{File}: {sentence}{position}.", cause)
        {
            SourceFile = File,
            Key = key,
            Line = position.Line,
            Column = position.Column,
        };
}
