namespace JobRunner.Http;

/// <summary>Names of headers that the protocol fixes.</summary>
internal static class JobHeaders
{
    public const string Auth = "X-Racetrack-Auth";
    public const string DefaultCaller = "X-Caller-Name";
    public const string DefaultTracing = "X-Request-Tracing-Id";
    public const string Predecessor = "X-Recordkeeper-Predecessor-Id";
    public const string Timeout = "X-Request-Timeout";
}
