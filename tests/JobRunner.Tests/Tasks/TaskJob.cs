using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Tasks;

/// <summary>A job whose calls go on until the test lets them.</summary>
public sealed class TaskJob
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;

    public int Runs => _runs;

    public void Open() => _gate.TrySetResult();

    public int Perform(int number) => number * 2;

    [JobEndpoint("/wait")]
    public async Task<string> WaitAsync(JobContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _runs);
        context.ReportProgress(0.25, "waiting");
        context.Logger.LogInformation("a line of {Kind}", "mine");
        await _gate.Task.WaitAsync(cancellationToken);
        return "done";
    }

    [JobEndpoint("/ratio/{part}")]
    public string Ratio(double part, [FromQuery] double[] of, [FromHeader(Name = "X-Unit")] string unit = "", int number = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"{part} of {string.Join("+", of)} {unit}{number}");

    [JobEndpoint("/refuse")]
    public int Refuse() => throw new ArgumentException("not with me");

    [JobEndpoint("/break")]
    public int Break()
    {
        Interlocked.Increment(ref _runs);
        throw new FinalException("it is broken");
    }

    [JobEndpoint("/count")]
    public async IAsyncEnumerable<int> CountAsync(int to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = 1; number <= to; number++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return number;
        }
    }

    [NoRetry]
    public sealed class FinalException(string message) : Exception(message);
}
