using System.CommandLine;
using System.CommandLine.Parsing;

namespace JobRunner.Cli.Commands;

/// <summary>The option that names queues by URL.</summary>
internal sealed class QueueSymbol : Option<string[]>
{
    public QueueSymbol(string description)
        : base("--queue")
    {
        Description = description;
        HelpName = "URL";
        Validators.Add(Check);
    }

    /// <summary>The URLs given, in order.</summary>
    public IReadOnlyList<string> UrlsOf(ParseResult parsed) => parsed.GetValue(this) ?? [];

    /// <summary>How many are given.</summary>
    public int CountIn(SymbolResult result) => result.GetResult(this)?.Tokens.Count ?? 0;

    private static void Check(OptionResult result)
    {
        if (result.IdentifierTokenCount > result.Tokens.Count)
            result.AddError("Required argument missing for option: '--queue'.");
        foreach (var token in result.Tokens)
        {
            try
            {
                QueueOptions.FromUrl(token.Value);
            }
            catch (ManifestException exception)
            {
                result.AddError(exception.Message);
            }
        }
    }
}
