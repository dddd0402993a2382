namespace JobRunner.Jobs;

/// <summary>Where the value of a parameter is taken from.</summary>
public enum ParameterSource
{
    /// <summary>The property of that name in the JSON object of the call.</summary>
    Payload,

    /// <summary>The whole JSON object of the call.</summary>
    Body,

    /// <summary>All properties of the payload that no parameter declares.</summary>
    ExtraArguments,

    /// <summary>A segment of the request's path.</summary>
    Route,

    /// <summary>The query string.</summary>
    Query,

    /// <summary>A request header.</summary>
    Header,

    /// <summary>A file of a multipart form.</summary>
    File,

    /// <summary>The token that is cancelled when the call shall end.</summary>
    CancellationToken,

    /// <summary>The <see cref="JobRunner.JobContext"/> of the call.</summary>
    JobContext,

    /// <summary>The HTTP request; null for a call that came from a queue.</summary>
    HttpContext,

    /// <summary>A registered service.</summary>
    Services,
}
