using System.Buffers;
using JobRunner.Http;
using JobRunner.Http.Access;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Tasks.Endpoints;

/// <summary>The asynchronous calls that Racetrack's clients make.</summary>
internal sealed class RacetrackTaskRoutes(
    TaskIntake intake, ITaskStore store, TaskActivation activation, PollStop stop, TaskSettings settings, TimeProvider time) : IJobRoutes
{
    private const string Ongoing = "ongoing";

    private static readonly string[] Prefixes = ["/pub/async", "/async"];
    private static readonly string[] Methods = [HttpMethods.Post, HttpMethods.Get];

    public IEnumerable<JobRoute> Routes()
    {
        foreach (var prefix in Prefixes)
        {
            foreach (var method in Methods)
            {
                yield return Route($"{prefix}/new/job/{{__name}}/{{__version}}/{{**__path}}", method, NewAsync) with
                {
                    Kind = RouteKind.Call,
                };
            }

            yield return Route($"{prefix}/task/{{__id}}/poll", HttpMethods.Get, PollAsync) with { Access = RouteAccess.Open };
            yield return Route($"{prefix}/task/{{__id}}/status", HttpMethods.Get, StatusAsync) with { Access = RouteAccess.Open };
        }
    }

    private static JobRoute Route(string pattern, string method, RequestDelegate handler) =>
        new(pattern, method, handler) { IsPrefixed = false };

    private async Task NewAsync(HttpContext http)
    {
        var path = new PathString("/" + http.Request.RouteValues["__path"]);
        if (await intake.AcceptAsync(http, path) is { } record)
            Answer(http, StatusCodes.Status201Created, record.Id, Ongoing);
    }

    private async Task PollAsync(HttpContext http)
    {
        var id = IdOf(http);
        using var watch = store.Changes.Watch(id);
        using var patience = new CancellationTokenSource(settings.PollPatience, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop.Token, http.RequestAborted);
        while (true)
        {
            var record = await FindAsync(http, id);
            if (record is null)
                return;
            if (record.Status.IsFinished())
            {
                Replay(http, record);
                return;
            }

            if (end.IsCancellationRequested)
            {
                Answer(http, StatusCodes.Status202Accepted, id, Ongoing);
                return;
            }

            await watch.WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StatusAsync(HttpContext http)
    {
        if (await FindAsync(http, IdOf(http)) is not { } record)
            return;
        var status = record.Status switch
        {
            TaskState.Completed => "completed",
            TaskState.Failed or TaskState.Cancelled => "failed",
            _ => Ongoing,
        };
        Answer(http, StatusCodes.Status200OK, record.Id, status);
    }

    private async Task<TaskRecord?> FindAsync(HttpContext http, string id)
    {
        try
        {
            if (activation.IsActive && await store.GetAsync(id, CancellationToken.None) is { } record)
                return record;
            ErrorResponse.Refuse(http, StatusCodes.Status404NotFound, "TaskNotFound", "there is no task of this id");
        }
        catch (TaskStoreException exception)
        {
            ErrorResponse.Refuse(http, StatusCodes.Status503ServiceUnavailable, "TaskStoreUnavailable", exception.Message);
        }

        return null;
    }

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["__id"]!;

    private static void Answer(HttpContext http, int status, string id, string state) =>
        JsonResponse.Write(http.Response, status, new TaskAnswer(id, state));

    private static void Replay(HttpContext http, TaskRecord record)
    {
        var response = http.Response;
        response.StatusCode = record.HttpStatus ?? StatusCodes.Status500InternalServerError;
        foreach (var (name, value) in record.Headers)
            response.Headers[name] = value;
        response.ContentType = record.MediaType;
        var body = record.Result ?? ReadOnlyMemory<byte>.Empty;
        response.ContentLength = body.Length;
        response.BodyWriter.Write(body.Span);
    }

    private sealed record TaskAnswer(string TaskId, string Status);
}
