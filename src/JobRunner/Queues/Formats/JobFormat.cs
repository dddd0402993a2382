using System.Buffers;
using System.Text;
using System.Text.Json;
using JobRunner.Execution;
using JobRunner.Jobs.Json;

namespace JobRunner.Queues.Formats;

/// <summary>The native format: the body is the JSON object that the HTTP call would take.</summary>
internal sealed class JobFormat : IMessageFormat
{
    public const string FormatName = "job";

    public string Name => FormatName;

    public bool RetriesUnknownArguments => true;

    public MessageCall Read(QueueMessage message, QueueOptions options)
    {
        if (message.Body.IsEmpty)
            throw new MessageFormatException("the message is empty; it must be a JSON object of arguments");
        if (PayloadCheck.Find(new ReadOnlySequence<byte>(message.Body)) is { } problem)
            throw new MessageFormatException(problem.Message);
        var endpoint = message.Endpoint ?? options.Endpoint;
        return new MessageCall(
            endpoint.StartsWith('/') ? endpoint : $"/{endpoint}", message.Body, message.HasTextValues);
    }

    public ReadOnlyMemory<byte>? Reply(QueueMessage message, TaskState status, TaskOutcome outcome)
    {
        var buffer = new ArrayBufferWriter<byte>(outcome.Result.Length + 256);
        using var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("id"u8, message.Id);
        writer.WriteString("status"u8, status.Name());
        if (outcome.IsSuccess)
        {
            writer.WritePropertyName("result"u8);
            WriteResult(writer, outcome);
        }
        else
        {
            writer.WriteString("error"u8, outcome.Error);
            writer.WriteString("type"u8, outcome.ErrorType);
            writer.WriteNumber("attempt"u8, message.Attempt);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    // What is no JSON is text, where it says so, or else bytes in the one form that JSON has for them.
    private static void WriteResult(Utf8JsonWriter writer, TaskOutcome outcome)
    {
        var mediaType = outcome.MediaType ?? string.Empty;
        if (mediaType.Contains("json", StringComparison.OrdinalIgnoreCase))
            writer.WriteRawValue(outcome.Result.Span);
        else if (mediaType.StartsWith("text/", StringComparison.OrdinalIgnoreCase))
            writer.WriteStringValue(Encoding.UTF8.GetString(outcome.Result.Span));
        else
            writer.WriteBase64StringValue(outcome.Result.Span);
    }
}
