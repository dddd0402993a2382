namespace JobRunner;

/// <summary>Serves a public method of a job class at <c>/api/v1{path}</c>, beside <c>/perform</c>.</summary>
/// <param name="path">Path below <c>/api/v1</c>, with or without its leading slash; may hold route parameters
/// (<c>/multiply/{factor}</c>).</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JobEndpointAttribute(string path) : Attribute
{
    /// <summary>Path below <c>/api/v1</c>.</summary>
    public string Path { get; } = path;

    /// <summary>HTTP method, <c>GET</c> or <c>POST</c>. Default: <c>POST</c>.</summary>
    public string Method { get; set; } = "POST";

    /// <summary>Kind of executor that carries out calls of this endpoint. Default: the job's own.</summary>
    public string? Executor { get; set; }
}
