using System.Globalization;
using JobRunner.Http;
using JobRunner.Http.Access;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Tasks.Endpoints;

/// <summary>Tasks as resources: calls that are answered later, their records, and what may be done with them.</summary>
internal sealed class TaskRoutes(
    TaskIntake intake, ITaskStore store, IBrokerMessages messages, TaskOutcomes outcomes, TaskActivation activation, EventStream events)
    : IJobRoutes, IAsyncCalls
{
    private const string Tasks = JobPaths.Api + "/tasks";
    private const string One = Tasks + "/{__id}";

    public IEnumerable<JobRoute> Routes()
    {
        yield return Route(Tasks, HttpMethods.Get, ListAsync, RouteAccess.TokenOrLocal);
        yield return Route(One, HttpMethods.Get, GetAsync, RouteAccess.Token);
        yield return Route(One + "/events", HttpMethods.Get, EventsAsync, RouteAccess.Token);
        yield return Route(One + "/cancel", HttpMethods.Post, CancelAsync, RouteAccess.TokenOrLocal);
        yield return Route(One + "/retry", HttpMethods.Post, RetryAsync, RouteAccess.TokenOrLocal);
    }

    public bool IsAsked(HttpRequest request) =>
        request.Headers.ContainsKey(TaskHeaders.Prefer) && TaskHeaders.AsksForAsync(request.Headers);

    public async Task AcceptAsync(HttpContext http)
    {
        var prefix = JobPaths.PrefixOf(http.Request);
        var path = new PathString(http.Request.Path.Value![(prefix.Value?.Length ?? 0)..]);
        if (await intake.AcceptAsync(http, path) is not { } record)
            return;
        http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.Headers.Location = $"{http.Request.PathBase}{prefix}{Tasks}/{record.Id}";
        http.Response.Headers["Preference-Applied"] = TaskHeaders.RespondAsync;
        JsonResponse.Write(http.Response, TaskJson.Of(record).Span);
    }

    // A path of the job's own wins.
    private static JobRoute Route(string pattern, string method, RequestDelegate handler, RouteAccess access) =>
        new(pattern, method, handler) { Access = access, Order = 1 };

    private Task ListAsync(HttpContext http) => WithStoreAsync(http, async () =>
    {
        if (ReadQuery(http.Request.Query, out var problem) is not { } query)
        {
            ErrorResponse.Refuse(http, StatusCodes.Status400BadRequest, "BadRequest", problem!);
            return;
        }

        try
        {
            var page = activation.IsActive ? await store.ListAsync(query, http.RequestAborted) : new TaskPage([], Next: null);
            JsonResponse.Write(http.Response, TaskJson.Of(page).Span);
        }
        catch (FormatException)
        {
            ErrorResponse.Refuse(http, StatusCodes.Status400BadRequest, "BadRequest", "after must be the next of an earlier page");
        }
    });

    private Task GetAsync(HttpContext http) => WithTaskAsync(http, record =>
    {
        JsonResponse.Write(http.Response, TaskJson.Of(record).Span);
        return Task.CompletedTask;
    });

    private Task EventsAsync(HttpContext http) => WithTaskAsync(http, record => events.WriteAsync(http, record.Id));

    private Task CancelAsync(HttpContext http) => WithTaskAsync(http, async record =>
    {
        var answer = await store.CancelAsync(record.Id, http.RequestAborted);
        if (answer == CancelAnswer.Finished)
        {
            await ConflictAsync(http, record.Id, "cannot be cancelled, for it has ended");
            return;
        }

        // One that runs ends where it runs, and that is told there.
        if (await AnswerAsync(http, record.Id) is { } now && answer == CancelAnswer.Cancelled)
            outcomes.Ended(now);
    });

    private Task RetryAsync(HttpContext http) => WithTaskAsync(http, async record =>
    {
        await messages.EnsureUpAsync(record, http.RequestAborted);
        if (await store.RequeueAsync(record.Id, http.RequestAborted) == RequeueAnswer.NotFailed)
        {
            await ConflictAsync(http, record.Id, "cannot be retried, for it neither failed nor was cancelled");
            return;
        }

        // Begun is ended, whether the caller still waits or not.
        await messages.PutBackAsync(record, CancellationToken.None);
        await AnswerAsync(http, record.Id);
    });

    private async Task<TaskRecord?> AnswerAsync(HttpContext http, string id)
    {
        var record = await store.GetAsync(id, http.RequestAborted);
        if (record is not null)
            JsonResponse.Write(http.Response, TaskJson.Of(record).Span);
        return record;
    }

    private async Task ConflictAsync(HttpContext http, string id, string reason)
    {
        var status = (await store.GetAsync(id, http.RequestAborted))?.Status.Name();
        ErrorResponse.Refuse(http, StatusCodes.Status409Conflict, "TaskConflict", $"the task is {status}: it {reason}");
    }

    private Task WithTaskAsync(HttpContext http, Func<TaskRecord, Task> answer) => WithStoreAsync(http, async () =>
    {
        var id = (string)http.Request.RouteValues["__id"]!;
        if (activation.IsActive && await store.GetAsync(id, http.RequestAborted) is { } record)
            await answer(record);
        else
            ErrorResponse.Refuse(http, StatusCodes.Status404NotFound, "TaskNotFound", "there is no task of this id");
    });

    private static async Task WithStoreAsync(HttpContext http, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (TaskStoreException exception) when (!http.Response.HasStarted)
        {
            ErrorResponse.Refuse(http, StatusCodes.Status503ServiceUnavailable, "TaskStoreUnavailable", exception.Message);
        }
    }

    private static TaskQuery? ReadQuery(IQueryCollection query, out string? problem)
    {
        problem = null;
        var result = new TaskQuery
        {
            After = Text(query, "after"),
            Queue = Text(query, "queue"),
            Search = Text(query, "search"),
        };
        if (Text(query, "status") is { } name)
        {
            if (TaskStates.Parse(name) is not { } status)
            {
                problem = $"status must be one of {string.Join(", ", Enum.GetValues<TaskState>().Select(state => state.Name()))}";
                return null;
            }

            result = result with { Status = status };
        }

        if (Text(query, "limit") is not { } text)
            return result;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= TaskQuery.MaxLimit)
            return result with { Limit = limit };
        problem = $"limit must be a whole number from 1 to {TaskQuery.MaxLimit}";
        return null;
    }

    private static string? Text(IQueryCollection query, string name) => query[name] is [{ Length: > 0 } text] ? text : null;
}
