using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace JobRunner.Cli.Commands;

/// <summary>An option that takes a number of 1 or more.</summary>
internal sealed class CountOption : Option<int?>
{
    public CountOption(string name, string description)
        : base(name)
    {
        Description = description;
        HelpName = "N";
        CustomParser = Parse;
    }

    private int? Parse(ArgumentResult result)
    {
        var given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
            return count;

        result.AddError($"{Name} takes a number of 1 or more, not '{given}'.");
        return null;
    }
}
