using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobRunner.Execution;

namespace JobRunner.Cli.Enqueueing;

/// <summary>Makes payloads of what was typed.</summary>
internal static class TaskPayloads
{
    private const string StandardInput = "-";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Arguments as <c>KEY=VALUE</c>, <c>KEY:=JSON</c> or <c>KEY=@FILE</c>.</summary>
    /// <exception cref="UsageException">One has another form.</exception>
    public static JsonObject OfArguments(IEnumerable<string> arguments)
    {
        var payload = new JsonObject();
        foreach (var argument in arguments)
        {
            var separator = argument.IndexOf('=', StringComparison.Ordinal);
            var isJson = separator > 0 && argument[separator - 1] == ':';
            var name = separator > 0 ? argument[..(isJson ? separator - 1 : separator)] : string.Empty;
            if (name.Length == 0)
                throw new UsageException($"'{Shown(argument)}' is no argument; write KEY=VALUE, KEY:=JSON or KEY=@FILE.");
            var value = argument[(separator + 1)..];
            if (!payload.TryAdd(name, isJson ? Json(value, name) : Value(value)))
                throw new UsageException($"The argument {name} is given twice.");
        }

        return payload;
    }

    /// <summary>One task for each value.</summary>
    public static TasksToPut OfEach(string argument, IEnumerable<string> values) => TasksToPut.Of(
        [.. values.Select(value => new TaskToPut(new JsonObject { [argument] = Value(value) }, $"The value '{Shown(value)}'", Size: 1))]);

    /// <summary>A payload that is JSON already; <c>-</c> is standard input.</summary>
    /// <exception cref="UsageException">It is no JSON object.</exception>
    public static async Task<ReadOnlyMemory<byte>> OfJsonAsync(string json, CancellationToken cancellationToken)
    {
        var bytes = json == StandardInput ? await StandardInputAsync(cancellationToken) : Encoding.UTF8.GetBytes(json);
        return PayloadCheck.Find(new ReadOnlySequence<byte>(bytes)) is { } problem
            ? throw new UsageException($"--payload must be a JSON object of arguments: {problem.Message.TrimEnd('.')}.")
            : bytes;
    }

    private static async Task<byte[]> StandardInputAsync(CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    private static JsonNode? Value(string text)
    {
        if (text.StartsWith('@'))
            return JsonValue.Create(TextOf(text[1..]));
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static string TextOf(string file)
    {
        using var stream = InputFile.Open(file, $"@ stands for the text of a file, and KEY:='\"@{file}\"' for just these characters");
        using var reader = new StreamReader(stream, Utf8);
        try
        {
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException exception)
        {
            throw new UsageException(
                $"The file '{file}' is no text in UTF-8; give its bytes as base64: KEY=\"$(base64 -w0 '{file}')\".", exception);
        }
    }

    private static JsonNode? Json(string text, string name)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new UsageException($"The argument {name} is no valid JSON: {exception.Message}", exception);
        }
    }

    // What was typed may be megabytes.
    private static string Shown(string text) => text.Length <= 60 ? text : $"{text[..57]}...";
}
