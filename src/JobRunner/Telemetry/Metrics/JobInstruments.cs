using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// Everything one host measures, as instruments of a <see cref="System.Diagnostics.Metrics.Meter"/> named
/// <c>JobRunner</c>. Counter names lack <c>_total</c> here: the exposition, like an OpenTelemetry collector, adds it.
/// The methods allocate nothing and may be called from any thread.
/// </summary>
internal sealed class JobInstruments : IDisposable
{
    public const string MeterName = "JobRunner";

    private readonly ConcurrentDictionary<string, EndpointTag> _endpoints = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Counter<long> _requestsStarted;
    private readonly Counter<long> _requestsDone;
    private readonly Counter<long> _endpointRequestsStarted;
    private readonly Counter<long> _requestErrors;
    private readonly Counter<long> _callsFailed;
    private readonly Counter<long> _callsRejected;
    private readonly Histogram<double> _requestDuration;
    private readonly Counter<long> _httpStarted;
    private readonly Counter<long> _httpDone;
    private readonly Counter<long> _httpErrors;
    private readonly Histogram<double> _httpDuration;
    private readonly DeclaredHistogram _declaredRequestDuration;
    private GateReadings _gate = GateReadings.None;
    private Func<long> _droppedLogLines = () => 0;
    private double _lastCall;

    public JobInstruments(TimeProvider time)
    {
        _time = time;
        Meter = new Meter(MeterName, BuildInformation.Version);
        _requestsStarted = Counter("requests_started", "Job calls started; they may not be finished yet.");
        _requestsDone = Counter("requests_done", "Job calls finished, whatever their outcome.");
        _endpointRequestsStarted = Meter.CreateCounter<long>(
            "endpoint_requests_started", null, "Job calls started, by endpoint.");
        _requestErrors = Meter.CreateCounter<long>(
            "request_internal_errors", null, "Job calls that ended in an exception or a refusal, by endpoint.");
        _callsFailed = Meter.CreateCounter<long>(
            "jobrunner_calls_failed", null, "Job calls that failed, by endpoint and HTTP status.");
        _callsRejected = Counter("jobrunner_calls_rejected", "Job calls refused because the gate was full.");
        _httpStarted = Counter("commons_requests_started", "HTTP requests started; they may not be finished yet.");
        _httpDone = Counter("commons_requests_done", "HTTP requests finished, whatever their outcome.");
        _httpErrors = Counter("commons_internal_server_errors", "Errors answered with HTTP status 500.");
        _declaredRequestDuration =
            new DeclaredHistogram("request_duration", "Duration of job calls in seconds.", EndpointTag.LabelName);
        var httpDuration =
            new DeclaredHistogram("commons_request_duration", "Duration of HTTP requests in seconds.", null);
        _requestDuration = Histogram(_declaredRequestDuration);
        _httpDuration = Histogram(httpDuration);
        Gauge("jobrunner_calls_in_flight", "Job calls that run now.", () => _gate.InFlight());
        Gauge("jobrunner_calls_waiting", "Job calls that wait for a place.", () => _gate.Waiting());
        Gauge("jobrunner_calls_stuck", "Job calls answered by a timeout whose method still runs.", () => _gate.Stuck());
        Meter.CreateObservableGauge(
            "last_call_timestamp",
            () => Volatile.Read(ref _lastCall),
            null,
            "When the last job call ended, in seconds since the Unix epoch.");
        Meter.CreateObservableCounter(
            "jobrunner_log_lines_dropped",
            () => _droppedLogLines(),
            null,
            "Log lines dropped because the output was slower than the writers.");
        Queues = new QueueRegistry(Meter, time);
        Histograms = [_declaredRequestDuration, httpDuration, Queues.TaskDuration, Queues.Lag];
        ProcessInstruments.AddTo(Meter);
        RuntimeInstruments.AddTo(Meter);
        BuildInformation.AddTo(Meter);
    }

    /// <summary>The meter of this host alone; others of the same name belong to other hosts of the process.</summary>
    public Meter Meter { get; }

    /// <summary>The instruments of queues and tasks.</summary>
    public QueueRegistry Queues { get; }

    /// <summary>The histograms, with the series that are shown before anything is recorded.</summary>
    public IReadOnlyList<DeclaredHistogram> Histograms { get; }

    /// <summary>Calls of paths that no endpoint has share this one label value.</summary>
    public EndpointTag UnknownEndpoint { get; } = new("unknown");

    /// <summary>Makes an endpoint known: its series exist at zero from now on.</summary>
    /// <param name="path">The path below <c>/api/v1</c>; a missing leading slash is added.</param>
    public EndpointTag DeclareEndpoint(string path)
    {
        var rooted = path.StartsWith('/') ? path : "/" + path;
        var tag = _endpoints.GetOrAdd(rooted, static key => new EndpointTag(key));
        _endpointRequestsStarted.Add(0, tag.Label);
        _requestErrors.Add(0, tag.Label);
        _declaredRequestDuration.Declare(rooted);
        return tag;
    }

    /// <summary>The label of a declared endpoint, else <see cref="UnknownEndpoint"/>.</summary>
    public EndpointTag EndpointOf(string path) => _endpoints.GetValueOrDefault(path, UnknownEndpoint);

    /// <summary>Connects the gauges of running, waiting and stuck calls; they read 0 until then.</summary>
    public void ObserveGate(GateReadings gate) => _gate = gate;

    /// <summary>Connects <c>jobrunner_log_lines_dropped_total</c>; it reads 0 until then.</summary>
    public void ObserveDroppedLogLines(Func<long> dropped) => _droppedLogLines = dropped;

    public void CallStarted(EndpointTag endpoint)
    {
        _requestsStarted.Add(1);
        _endpointRequestsStarted.Add(1, endpoint.Label);
    }

    /// <summary>Counts the end of a call that <see cref="CallStarted"/> counted, a refused one included.</summary>
    /// <param name="endpoint">The endpoint called.</param>
    /// <param name="status">The HTTP status the call has or would have.</param>
    /// <param name="failed">Whether it ended in an exception or a 429.</param>
    /// <param name="seconds">From arrival to outcome.</param>
    public void CallEnded(EndpointTag endpoint, int status, bool failed, double seconds)
    {
        if (failed)
        {
            _requestErrors.Add(1, endpoint.Label);
            _callsFailed.Add(1, endpoint.Label, StatusLabel.Of(status));
        }

        _requestDuration.Record(seconds, endpoint.Label);
        _requestsDone.Add(1);
        Volatile.Write(ref _lastCall, _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000d);
    }

    /// <summary>Counts a refusal by the gate, besides <see cref="CallEnded"/> with its 429.</summary>
    public void CallRejected() => _callsRejected.Add(1);

    public void HttpRequestStarted() => _httpStarted.Add(1);

    public void HttpRequestEnded(double seconds)
    {
        _httpDuration.Record(seconds);
        _httpDone.Add(1);
    }

    /// <summary>Counts an error that was answered with 500; a probe's own 500 is no such error.</summary>
    public void HttpServerError() => _httpErrors.Add(1);

    public void Dispose() => Meter.Dispose();

    /// <summary>
    /// Lets the counters exist at zero. A zero added before a reader listens is lost, so each new reader asks for it.
    /// </summary>
    public void ShowZeroes()
    {
        foreach (var counter in (ReadOnlySpan<Counter<long>>)
            [_requestsStarted, _requestsDone, _callsRejected, _httpStarted, _httpDone, _httpErrors])
            counter.Add(0);
        foreach (var endpoint in _endpoints.Keys)
            DeclareEndpoint(endpoint);
        Queues.ShowZeroes();
    }

    private Counter<long> Counter(string name, string help) => Meter.CreateCounter<long>(name, null, help);

    private Histogram<double> Histogram(DeclaredHistogram declared) => DurationHistogram.Create(Meter, declared);

    private void Gauge(string name, string help, Func<long> read) => Meter.CreateObservableGauge(name, read, null, help);
}
