namespace JobRunner.Cli.Output;

/// <summary>A command line worth showing.</summary>
/// <param name="Line">What to type.</param>
/// <param name="Meaning">What it does.</param>
internal sealed record CommandExample(string Line, string Meaning);

/// <summary>A command whose help ends with examples.</summary>
internal interface ICommandWithExamples
{
    /// <summary>The examples, the simplest first.</summary>
    IReadOnlyList<CommandExample> Examples { get; }
}
