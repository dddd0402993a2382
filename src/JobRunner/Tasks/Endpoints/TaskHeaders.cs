using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Tasks.Endpoints;

/// <summary>Headers that say how a task is to be run.</summary>
internal static class TaskHeaders
{
    public const string IdempotencyKey = "Idempotency-Key";
    public const string NotBefore = "X-Not-Before";
    public const string Priority = "X-Priority";
    public const string WebhookUrl = "X-Webhook-Url";
    public const string Prefer = "Prefer";
    public const string RespondAsync = "respond-async";
    public const string LastEventId = "Last-Event-ID";

    private const int MaxKeyLength = 255;

    /// <summary>Fills in what the headers say.</summary>
    /// <returns>The task, or a sentence on what is wrong.</returns>
    public static (NewTask? Task, string? Problem) Apply(IHeaderDictionary headers, NewTask task)
    {
        var key = headers[IdempotencyKey].ToString();
        if (key.Length > MaxKeyLength)
            return (null, $"{IdempotencyKey} must have at most {MaxKeyLength} characters");
        DateTimeOffset? notBefore = null;
        if (headers[NotBefore].ToString() is { Length: > 0 } time)
        {
            if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                return (null, $"{NotBefore} must be a time in ISO 8601, such as 2030-01-31T12:00:00Z");
            notBefore = parsed.ToUniversalTime();
        }

        var priority = 0;
        if (headers[Priority].ToString() is { Length: > 0 } rank
            && (!int.TryParse(rank, NumberStyles.None, CultureInfo.InvariantCulture, out priority) || priority > NewTask.MaxPriority))
            return (null, $"{Priority} must be a whole number from 0 to {NewTask.MaxPriority}");
        return (task with { IdempotencyKey = key.Length == 0 ? null : key, NotBefore = notBefore, Priority = priority }, null);
    }

    public static bool AsksForAsync(IHeaderDictionary headers)
    {
        foreach (var header in headers[Prefer])
        {
            foreach (var preference in (header ?? string.Empty).Split(','))
            {
                if (preference.Split(';')[0].Trim().Equals(RespondAsync, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
