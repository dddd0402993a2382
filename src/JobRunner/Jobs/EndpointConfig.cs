namespace JobRunner;

/// <summary>An auxiliary endpoint, as returned by a job's <c>AuxiliaryEndpoints()</c>.</summary>
/// <param name="Path">Path below <c>/api/v1</c>, with or without its leading slash.</param>
/// <param name="Handler">Method that carries out the call; its parameters bind like those of <c>Perform</c>.</param>
/// <param name="Method">HTTP method, <c>GET</c> or <c>POST</c>. Default: <c>POST</c>.</param>
/// <param name="Summary">One line for the documentation. Default: the handler's own XML comment.</param>
/// <param name="Tags">Groups in the documentation. Default: <c>API</c>.</param>
public sealed record EndpointConfig(
    string Path,
    Delegate Handler,
    string Method = "POST",
    string? Summary = null,
    IReadOnlyList<string>? Tags = null);
