using JobRunner.Execution;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>The host's own refusals, one per reason.</summary>
internal static class Refusals
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public static void Loading(HttpContext http, ServedJob served)
    {
        if (served.Error is { } error)
            ErrorResponse.Refuse(http, StatusCodes.Status503ServiceUnavailable, "JobLoadFailed", error);
        else
            ErrorResponse.Refuse(http, StatusCodes.Status503ServiceUnavailable, "JobLoading", "the job is still loading", Soon);
    }

    public static void Stopping(HttpContext http)
    {
        http.Response.Headers.Connection = "close";
        ErrorResponse.Refuse(
            http, StatusCodes.Status503ServiceUnavailable, "JobStopping", "the job is stopping and takes no more calls", Soon);
    }

    public static void Unauthorized(HttpContext http, bool hasToken)
    {
        http.Response.Headers.WWWAuthenticate = hasToken ? "Bearer error=\"invalid_token\"" : "Bearer";
        ErrorResponse.Refuse(
            http, StatusCodes.Status401Unauthorized, "Unauthorized",
            hasToken
                ? "the token is not one that this job accepts"
                : $"a token is needed, in the header {JobHeaders.Auth} or Authorization: Bearer");
    }

    public static void Forbidden(HttpContext http) => ErrorResponse.Refuse(
        http, StatusCodes.Status403Forbidden, "Forbidden",
        "without tokens (JOB_AUTH_TOKENS) this is for callers on this machine only, at localhost and without a proxy");

    public static void NotFound(HttpContext http) => ErrorResponse.Refuse(
        http, StatusCodes.Status404NotFound, "NotFound", $"there is nothing at {http.Request.PathBase}{http.Request.Path}");

    public static void MethodNotAllowed(HttpContext http) => ErrorResponse.Refuse(
        http, StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed",
        $"{http.Request.Method} is not allowed at {JobPaths.TargetOf(http.Request)}; use {http.Response.Headers.Allow}");

    public static void UnsupportedMediaType(HttpContext http, bool takesFiles) => ErrorResponse.Refuse(
        http, StatusCodes.Status415UnsupportedMediaType, "UnsupportedMediaType",
        takesFiles
            ? "send the arguments as multipart/form-data or as application/json in UTF-8"
            : "send the arguments as JSON in UTF-8, with the header Content-Type: application/json");

    public static void UnsupportedEncoding(HttpContext http) => ErrorResponse.Refuse(
        http, StatusCodes.Status415UnsupportedMediaType, "UnsupportedMediaType",
        "send the body as it is, without Content-Encoding");

    public static void BadPayload(HttpContext http, PayloadProblem problem) => ErrorResponse.Write(
        http,
        StatusCodes.Status422UnprocessableEntity,
        new JobFailure(problem.Message, "RequestValidationError", Detail: new[]
        {
            new ProblemLocation(
                problem.Position is { } position ? ["body", position] : ["body"], problem.Message, problem.Kind),
        }));

    /// <summary>Ends a request whose client left before it had said what it wants.</summary>
    public static void ClientGone(HttpContext http)
    {
        http.Response.StatusCode = JobOutcome.ClientClosedRequest;
        http.Abort();
    }

    public static void Unreadable(HttpContext http, BadHttpRequestException exception, HttpSettings settings)
    {
        var message = exception.StatusCode == StatusCodes.Status413PayloadTooLarge
            ? $"the body is larger than the limit of {settings.MaxBodySize} bytes"
            : exception.Message;

        // Where the next request would begin is not known any more.
        http.Response.Headers.Connection = "close";
        ErrorResponse.Refuse(http, exception.StatusCode, exception.StatusCode == 413 ? "PayloadTooLarge" : "BadRequest", message);
    }

    /// <summary>Where a payload is wrong, in the form that existing clients read.</summary>
    private sealed record ProblemLocation(
        [property: System.Text.Json.Serialization.JsonPropertyName("loc")] object[] Location,
        [property: System.Text.Json.Serialization.JsonPropertyName("msg")] string Message,
        [property: System.Text.Json.Serialization.JsonPropertyName("type")] string Kind);
}
