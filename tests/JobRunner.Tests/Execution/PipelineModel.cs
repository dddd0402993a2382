using Microsoft.Extensions.Logging.Abstractions;
using System.Buffers;
using JobRunner.Execution;
using JobRunner.Jobs;
using JobRunner.Telemetry.Metrics;

namespace JobRunner.Tests.Execution;

/// <summary>A real gate and pipeline beside the plainest possible account of what they must do. Work ends when the test
/// says so, time passes when the test says so.</summary>
internal sealed class PipelineModel : IJobExecutor, IDisposable
{
    private static readonly JobDefinition Definition =
        JobDefinition.Create(new Plain());

    private readonly Lock _lock = new();
    private readonly List<string> _started = [];
    private readonly List<string> _expectedStarts = [];
    private readonly List<Work> _running = [];
    private readonly List<Work> _calls = [];
    private readonly List<Work> _queueWork = [];
    private readonly JobInstruments _instruments;
    private readonly JobPipeline _pipeline;
    private readonly int _places;
    private readonly int _line;
    private int _count;
    private int _executing;
    private int _mostExecuting;

    public PipelineModel(int places, int line)
    {
        (_places, _line) = (places, line);
        Gate = new CallGate(places, line);
        _instruments = new JobInstruments(Time);
        _pipeline = new JobPipeline(Gate, this, _instruments, Time, NullLogger.Instance, CancellationToken.None);
    }

    public ManualTime Time { get; } = new();

    public CallGate Gate { get; }

    public int Running => _running.Count;

    public int Waiting => _calls.Count;

    public async ValueTask<JobOutcome> ExecuteAsync(JobCall call, CancellationToken cancellationToken)
    {
        TaskCompletionSource ended;
        lock (_lock)
        {
            _started.Add(call.Id);
            _mostExecuting = Math.Max(_mostExecuting, ++_executing);
            ended = _running.Concat(_calls).Concat(_queueWork).Single(work => work.Id == call.Id).Ended;
        }

        await ended.Task;
        lock (_lock)
            _executing--;
        return JobOutcome.Success(value: null);
    }

    public async Task ArriveAsync(TimeSpan? timeout)
    {
        var work = new Work($"call {_count++}", timeout is { } limit ? Time.GetTimestamp() + limit.Ticks : null);
        bool isRefused;
        lock (_lock)
        {
            isRefused = _running.Count == _places && _calls.Count == _line;
            if (!isRefused)
                Place(work, _calls);
        }

        work.Outcome = _pipeline.RunAsync(Call(work, timeout), work.Starter.Token).AsTask();
        if (isRefused)
            work.Expect((await Eventually.Ends(work.Outcome)).Status, 429);
        await SettleAsync();
    }

    public async Task QueueAsync()
    {
        var work = new Work($"work {_count++}", expires: null);
        lock (_lock)
            Place(work, _queueWork);
        work.Outcome = RunQueueWorkAsync(work);
        await SettleAsync();
    }

    public async Task EndAsync(int index)
    {
        if (_running.Count == 0)
            return;
        var work = _running[index % _running.Count];
        lock (_lock)
        {
            _running.Remove(work);
            if ((_calls.FirstOrDefault() ?? _queueWork.FirstOrDefault()) is { } next)
            {
                _calls.Remove(next);
                _queueWork.Remove(next);
                Run(next);
            }
        }

        work.Ended.SetResult();
        if (!work.IsStuck)
            work.Expect((await Eventually.Ends(work.Outcome!)).Status, 200);
        await SettleAsync();
    }

    public async Task DisconnectAsync(int index)
    {
        var waiting = _calls.Concat(_queueWork).ToList();
        if (waiting.Count == 0)
            return;
        var work = waiting[index % waiting.Count];
        lock (_lock)
        {
            _calls.Remove(work);
            _queueWork.Remove(work);
        }

        await work.Starter.CancelAsync();
        work.Expect((await Eventually.Ends(work.Outcome!)).Status, JobOutcome.ClientClosedRequest);
        await SettleAsync();
    }

    public async Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        foreach (var work in _running.Concat(_calls).Where(work => !work.IsStuck && work.Expires <= Time.GetTimestamp()).ToList())
        {
            work.Expect((await Eventually.Ends(work.Outcome!)).Status, 504);
            lock (_lock)
                work.IsStuck = !_calls.Remove(work);
        }

        await SettleAsync();
    }

    public void Dispose() => _instruments.Dispose();

    private static JobCall Call(Work work, TimeSpan? timeout, GatePlace? place = null) => new()
    {
        Id = work.Id,
        Endpoint = Definition.Perform,
        Payload = new ReadOnlySequence<byte>(PayloadCheck.EmptyObject),
        Timeout = timeout,
        Place = place,
    };

    private async Task<JobOutcome> RunQueueWorkAsync(Work work)
    {
        try
        {
            var place = await Gate.WorkAsync(work.Starter.Token);
            return await _pipeline.RunAsync(Call(work, timeout: null, place), CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            return JobOutcome.Failed(JobOutcome.ClientClosedRequest, new JobFailure("gave up", "GaveUp"));
        }
    }

    private void Place(Work work, List<Work> line)
    {
        if (_running.Count < _places)
            Run(work);
        else
            line.Add(work);
    }

    private void Run(Work work)
    {
        _running.Add(work);
        _expectedStarts.Add(work.Id);
    }

    private Task SettleAsync() => Eventually.TrueAsync(IsSettled, Describe);

    private bool IsSettled()
    {
        lock (_lock)
        {
            return _started.SequenceEqual(_expectedStarts) && Gate.InFlight == _running.Count && Gate.Waiting == _calls.Count
                && Gate.Stuck == _running.Count(work => work.IsStuck) && _mostExecuting <= _places;
        }
    }

    private string Describe()
    {
        lock (_lock)
        {
            return $"started {string.Join(", ", _started)}; expected {string.Join(", ", _expectedStarts)}; "
                + $"in flight {Gate.InFlight}, expected {_running.Count}; waiting {Gate.Waiting}, expected {_calls.Count}; "
                + $"stuck {Gate.Stuck}, expected {_running.Count(work => work.IsStuck)}; at once {_mostExecuting} of {_places}";
        }
    }

    public sealed class Plain
    {
        public int Perform() => 1;
    }

    private sealed class Work(string id, long? expires)
    {
        public string Id { get; } = id;

        public long? Expires { get; } = expires;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenSource Starter { get; } = new();

        public Task<JobOutcome>? Outcome { get; set; }

        public bool IsStuck { get; set; }

        public void Expect(int status, int expected)
        {
            if (status != expected)
                throw new InvalidOperationException($"{Id} was answered {status}, expected {expected}");
        }
    }
}
