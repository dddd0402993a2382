using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobRunner.Cli.Enqueueing;

/// <summary>Makes payloads of what was typed.</summary>
internal static class TaskPayloads
{
    /// <summary>Arguments as <c>KEY=VALUE</c>, <c>KEY:=JSON</c> or <c>KEY=@FILE</c>.</summary>
    /// <exception cref="FormatException">One has another form.</exception>
    public static JsonObject OfArguments(IEnumerable<string> arguments)
    {
        var payload = new JsonObject();
        foreach (var argument in arguments)
        {
            var separator = argument.IndexOf('=', StringComparison.Ordinal);
            var isJson = separator > 0 && argument[separator - 1] == ':';
            var name = separator > 0 ? argument[..(isJson ? separator - 1 : separator)] : string.Empty;
            if (name.Length == 0)
                throw new FormatException($"'{argument}' is no argument; write KEY=VALUE, KEY:=JSON or KEY=@FILE.");
            var value = argument[(separator + 1)..];
            if (!payload.TryAdd(name, isJson ? Json(value, argument) : Value(value)))
                throw new FormatException($"The argument {name} is given twice.");
        }

        return payload;
    }

    /// <summary>One payload for each value.</summary>
    public static IEnumerable<object?> OfEach(string argument, IEnumerable<string> values) =>
        values.Select(value => new JsonObject { [argument] = Value(value) });

    /// <summary>A payload that is JSON already.</summary>
    /// <exception cref="FormatException">It is no JSON object.</exception>
    public static JsonObject OfJson(string json) =>
        Json(json, json) as JsonObject ?? throw new FormatException("The payload must be a JSON object of arguments.");

    /// <summary>One payload for each line of a file that is not empty; <c>-</c> is standard input.</summary>
    /// <exception cref="FormatException">A line is no JSON object; its number is in the message.</exception>
    public static async IAsyncEnumerable<object?> OfLinesAsync(string file)
    {
        using var reader = file == "-" ? new StreamReader(Console.OpenStandardInput()) : new StreamReader(file);
        for (var number = 1; await reader.ReadLineAsync() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            JsonObject payload;
            try
            {
                payload = OfJson(line);
            }
            catch (FormatException exception)
            {
                throw new FormatException($"Line {number} of {file}: {exception.Message}", exception);
            }

            yield return payload;
        }
    }

    private static JsonNode? Value(string text)
    {
        if (text.StartsWith('@'))
            return JsonValue.Create(File.ReadAllText(text[1..], Encoding.UTF8));
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static JsonNode? Json(string text, string argument)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"'{argument}' is no valid JSON: {exception.Message}", exception);
        }
    }
}
