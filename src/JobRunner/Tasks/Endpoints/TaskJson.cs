using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using JobRunner.Jobs.Json;

namespace JobRunner.Tasks.Endpoints;

/// <summary>Records as users read them.</summary>
internal static class TaskJson
{
    public static ReadOnlyMemory<byte> Of(TaskRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions))
            Write(writer, record, isWhole: true);
        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Of(TaskPage page)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, JobJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("tasks"u8);
            foreach (var record in page.Tasks)
                Write(writer, record, isWhole: false);
            writer.WriteEndArray();
            writer.WriteString("next"u8, page.Next);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, TaskRecord record, bool isWhole)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, record.Id);
        writer.WriteString("queue"u8, record.Queue);
        writer.WriteString("endpoint"u8, record.Endpoint);
        writer.WriteString("status"u8, record.Status.Name());
        writer.WriteNumber("attempts"u8, record.Attempts);
        writer.WriteNumber("max_attempts"u8, record.MaxAttempts);
        writer.WriteNumber("interruptions"u8, record.Interruptions);
        WriteTime(writer, "created_at", record.CreatedAt);
        WriteTime(writer, "started_at", record.StartedAt);
        WriteTime(writer, "ended_at", record.EndedAt);
        WriteTime(writer, "not_before", record.NotBefore);
        writer.WriteNumber("priority"u8, record.Priority);
        if (record.Progress is { } progress)
            writer.WriteNumber("progress"u8, progress);
        else
            writer.WriteNull("progress"u8);
        writer.WriteString("progress_message"u8, record.ProgressMessage);
        writer.WriteString("caller"u8, record.Caller);
        writer.WriteString("tracing_id"u8, record.TracingId);
        if (record.HttpStatus is { } status)
            writer.WriteNumber("http_status"u8, status);
        else
            writer.WriteNull("http_status"u8);
        if (isWhole)
            WriteContents(writer, record);
        writer.WriteString("error"u8, record.Error);
        writer.WriteString("type"u8, record.ErrorType);
        writer.WriteEndObject();
    }

    private static void WriteContents(Utf8JsonWriter writer, TaskRecord record)
    {
        writer.WritePropertyName("payload"u8);
        if (record.Payload.IsEmpty)
            writer.WriteNullValue();
        else if (record.Queue == NewTask.HttpQueue || IsWellFormed(record.Payload.Span))
            writer.WriteRawValue(record.Payload.Span, skipInputValidation: true);
        else
            writer.WriteStringValue(Encoding.UTF8.GetString(record.Payload.Span));
        writer.WritePropertyName("result"u8);
        if (record is not { Status: TaskState.Completed, Result: { } result })
        {
            writer.WriteNullValue();
        }
        else if (IsJson(record.MediaType) && result.Length > 0)
        {
            writer.WriteRawValue(result.Span);
        }
        else if (record.MediaType?.StartsWith("text/", StringComparison.OrdinalIgnoreCase) == true)
        {
            writer.WriteStringValue(Encoding.UTF8.GetString(result.Span));
        }
        else
        {
            // JSON holds no bytes; the poll gives them as they are.
            writer.WriteBase64StringValue(result.Span);
        }

        writer.WriteString("media_type"u8, record.MediaType);
    }

    // Anybody may put anything into a queue; what came over HTTP was checked.
    private static bool IsWellFormed(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsJson(string? mediaType) => mediaType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true;

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } known)
            writer.WriteString(name, known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        else
            writer.WriteNull(name);
    }
}
