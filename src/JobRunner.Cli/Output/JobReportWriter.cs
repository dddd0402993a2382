using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace JobRunner.Cli.Output;

/// <summary>Writes a <see cref="JobReport"/>, for people or for programs.</summary>
internal static class JobReportWriter
{
    private const int WidthOfFiles = 160;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>Writes the report as a JSON object.</summary>
    public static void WriteJson(JobReport report, TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(report, Json));

    /// <summary>Writes the report as tables.</summary>
    public static void WriteTables(JobReport report, TextWriter output)
    {
        var console = CreateConsole(output);
        console.MarkupLineInterpolated($"[bold]{report.JobClass}[/] {PlainText.Of(report.Summary ?? string.Empty)}");
        foreach (var endpoint in report.Endpoints)
            WriteEndpoint(endpoint, console);
        foreach (var warning in report.Warnings)
            console.MarkupLineInterpolated($"[yellow]warning:[/] {PlainText.Of(warning)}");
    }

    private static IAnsiConsole CreateConsole(TextWriter output)
    {
        var terminal = new AnsiConsoleOutput(output);
        if (terminal.IsTerminal)
            return AnsiConsole.Create(new AnsiConsoleSettings { Out = terminal });

        // What goes into a file or a pipe holds no escape sequences, and is not broken to the width of a screen.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = terminal, Ansi = AnsiSupport.No });
        console.Profile.Width = WidthOfFiles;
        return console;
    }

    private static void WriteEndpoint(EndpointReport endpoint, IAnsiConsole console)
    {
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{endpoint.Method} {PlainText.Of(endpoint.Path)}[/] {PlainText.Of(endpoint.Summary ?? string.Empty)}");
        if (endpoint.Parameters.Count > 0)
            console.Write(ParameterTable(endpoint.Parameters));
        console.MarkupLineInterpolated($"[grey]returns[/] {endpoint.Result} {PlainText.Of(endpoint.Returns ?? string.Empty)}");
        if (endpoint.Example is { } example)
            console.MarkupLineInterpolated($"[grey]example[/] {PlainText.Of(example.GetRawText())}");
    }

    private static Table ParameterTable(IReadOnlyList<ParameterReport> parameters)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("parameter", "type", "default", "description");
        foreach (var parameter in parameters)
        {
            var rules = parameter.Rules.Count == 0 ? "" : $" ({string.Join(", ", parameter.Rules)})";
            table.AddRow(
                new Text(parameter.Name),
                new Text(parameter.Type),
                new Text(parameter.Required ? "required" : parameter.DefaultValue?.GetRawText() ?? "null"),
                new Text(PlainText.Of(parameter.Description + rules)));
        }

        return table;
    }
}
