using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace JobRunner.Cli.Commands;

/// <summary>The options that say where a job is served.</summary>
internal sealed class ServeSymbols(
    string portDescription = "The port to listen on; 0 picks a free one and prints it (default: PORT of the environment, else 7000).")
{
    private readonly Option<int?> _port = new("--port")
    {
        Description = portDescription,
        HelpName = "N",
        CustomParser = ParsePort,
    };

    private readonly Option<string?> _host = new("--host")
    {
        Description = "The address to listen on (default: 0.0.0.0, which is all of them).",
        HelpName = "ADDRESS",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_port);
        command.Options.Add(_host);
    }

    /// <summary>The port; null is the default.</summary>
    public int? PortOf(ParseResult parsed) => parsed.GetValue(_port);

    /// <summary>The address; null is the default.</summary>
    public string? HostOf(ParseResult parsed) => parsed.GetValue(_host);

    private static int? ParsePort(ArgumentResult result)
    {
        var given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (ushort.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return port;

        result.AddError($"--port takes a number from 0 to 65535, not '{given}'.");
        return null;
    }
}
