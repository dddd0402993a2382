namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// The <c>endpoint</c> label of one job endpoint, made once so that a call allocates none.
/// Obtained from <see cref="JobInstruments.DeclareEndpoint"/> or <see cref="JobInstruments.EndpointOf"/>.
/// </summary>
internal sealed class EndpointTag
{
    public const string LabelName = "endpoint";

    public EndpointTag(string path)
    {
        Path = path;
        Label = new KeyValuePair<string, object?>(LabelName, path);
    }

    /// <summary>The path below <c>/api/v1</c>, with its leading slash.</summary>
    public string Path { get; }

    public KeyValuePair<string, object?> Label { get; }
}
