using JobRunner.Execution;
using JobRunner.Http;
using JobRunner.Jobs;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Tasks.Endpoints;

/// <summary>Makes tasks of requests: checked like synchronous calls, then stored before anything is answered.</summary>
internal sealed class TaskIntake(
    ServedJob served, ITaskStore store, TaskActivation activation, Webhooks webhooks, TaskSettings tasks, HttpSettings settings)
{
    private static readonly TimeSpan RetryAfterFull = TimeSpan.FromSeconds(5);

    /// <summary>Accepts a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="path">Path of the synchronous call, with <c>/api/v1</c>.</param>
    /// <returns>The record; null where the request was refused, which is then its answer.</returns>
    public async Task<TaskRecord?> AcceptAsync(HttpContext http, PathString path)
    {
        if (FindEndpoint(http, path) is not { } target
            || await TaskPayload.ReadAsync(http, served.Loaded, target.Endpoint, settings) is not { } payload
            || Describe(http, target.Path, payload) is not { } task)
            return null;
        try
        {
            var addition = await store.AddAsync(task, tasks.Extra.MaxQueuedTasks, http.RequestAborted);
            activation.Activate();
            return addition.Record ?? Refuse(http, addition.Kind);
        }
        catch (TaskStoreException exception)
        {
            ErrorResponse.Refuse(http, StatusCodes.Status503ServiceUnavailable, "TaskStoreUnavailable", exception.Message, RetryAfterFull);
            return null;
        }
    }

    private (string Path, EndpointDefinition? Endpoint)? FindEndpoint(HttpContext http, PathString path)
    {
        if (served.IsRefusing)
        {
            Refusals.Stopping(http);
        }
        else if (served.Loaded is { } job)
        {
            if (EndpointMatch.ByRequest(job.Definition, http, path) is { } endpoint)
                return (endpoint.Path, endpoint);
            ErrorResponse.Refuse(http, StatusCodes.Status404NotFound, "NotFound", $"the job has no endpoint {path}");
        }
        else if (served.Error is not null)
        {
            Refusals.Loading(http, served);
        }
        else if (path.StartsWithSegments(JobPaths.Api, StringComparison.OrdinalIgnoreCase, out var rest) && rest.HasValue)
        {
            return (rest.Value!, null);
        }
        else
        {
            Refusals.NotFound(http);
        }

        return null;
    }

    private NewTask? Describe(HttpContext http, string endpoint, ReadOnlyMemory<byte> payload)
    {
        var headers = http.Request.Headers;
        var (task, problem) = TaskHeaders.Apply(headers, new NewTask
        {
            Endpoint = endpoint,
            Payload = payload,
            Caller = settings.CallerOf(http),
            TracingId = headers[settings.TracingHeader],
            PredecessorId = headers[JobHeaders.Predecessor],
            TraceParent = headers.TraceParent,
        });
        if (task is not null && headers[TaskHeaders.WebhookUrl].ToString() is { Length: > 0 } webhook)
        {
            problem = webhooks.Check(webhook);
            task = task with { WebhookUrl = webhook };
        }

        if (problem is null)
            return task;
        ErrorResponse.Refuse(http, StatusCodes.Status400BadRequest, "BadRequest", problem);
        return null;
    }

    private TaskRecord? Refuse(HttpContext http, TaskAdditionKind kind)
    {
        if (kind == TaskAdditionKind.QueueFull)
        {
            ErrorResponse.Refuse(
                http, StatusCodes.Status429TooManyRequests, "TooManyRequests",
                $"{tasks.Extra.MaxQueuedTasks} tasks wait already, which is the limit (max_queued_tasks)", RetryAfterFull);
        }
        else
        {
            ErrorResponse.Refuse(
                http, StatusCodes.Status422UnprocessableEntity, "IdempotencyKeyReused",
                $"this {TaskHeaders.IdempotencyKey} was used before with another payload");
        }

        return null;
    }
}
