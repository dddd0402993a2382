using JobRunner.Jobs;

namespace JobRunner;

/// <summary>How a call ended: with a result or a failure, and the HTTP status that either maps to.</summary>
public sealed class JobOutcome : IAsyncDisposable
{
    /// <summary>The client went away before there was an answer; nginx's number, which no client ever sees.</summary>
    public const int ClientClosedRequest = 499;

    private JobOutcome(int status) => Status = status;

    /// <summary>HTTP status of the answer.</summary>
    public int Status { get; private set; }

    /// <summary>Whether the call has a result.</summary>
    public bool IsSuccess => Failure is null;

    /// <summary>The result as the job returned it; null where it is <see cref="Json"/> or nothing.</summary>
    public object? Value { get; private set; }

    /// <summary>The result as UTF-8 JSON, from an executor that has no object.</summary>
    public ReadOnlyMemory<byte>? Json { get; private init; }

    /// <summary>Why there is no result.</summary>
    public JobFailure? Failure { get; private set; }

    /// <summary>Time after which to try again, for a refusal that time mends.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>What is to be done once the result has been read; set for results that are made while they are
    /// read.</summary>
    internal Func<ValueTask>? WhenRead { get; set; }

    /// <summary>A call that succeeded.</summary>
    public static JobOutcome Success(object? value) => new(200) { Value = value };

    /// <summary>A call that succeeded, its result being JSON already.</summary>
    public static JobOutcome SuccessJson(ReadOnlyMemory<byte> json) => new(200) { Json = json };

    /// <summary>A call that ended in an exception of the job; the status follows from its type.</summary>
    public static JobOutcome Failed(Exception exception) =>
        new(JobErrors.StatusOf(JobErrors.Unwrap(exception))) { Failure = JobFailure.Of(exception) };

    /// <summary>A call that failed with a status of its own.</summary>
    public static JobOutcome Failed(int status, JobFailure failure, TimeSpan? retryAfter = null) =>
        new(status) { Failure = failure, RetryAfter = retryAfter };

    /// <summary>Cancelled when a result that is made while it is read shall not be made further.</summary>
    internal CancellationToken ReadToken { get; set; }

    /// <summary>Says what an exception that ends the reading means; null where it means itself.</summary>
    internal Func<Exception, JobOutcome>? WhenReadFails { get; set; }

    /// <summary>Adds to what is done once the result has been read; it is done whatever went wrong before.</summary>
    internal void ThenWhenRead(Action then)
    {
        var first = WhenRead;
        WhenRead = async () =>
        {
            try
            {
                if (first is not null)
                    await first();
            }
            finally
            {
                then();
            }
        };
    }

    /// <summary>What counts the call once its result has been read: only then is it known to be a success.</summary>
    internal Action? Ended { get; set; }

    /// <summary>Turns a success into a failure when making the result fails while it is read.</summary>
    internal void FailWhileRead(Exception exception)
    {
        var failed = WhenReadFails?.Invoke(exception) ?? Failed(exception);
        (Status, Failure) = (failed.Status, failed.Failure);
    }

    /// <summary>Ends the call; must be called when its result has been read, or nobody will.</summary>
    public ValueTask DisposeAsync()
    {
        var (whenRead, ended) = (WhenRead, Ended);
        (WhenRead, Ended) = (null, null);
        if (whenRead is not null)
            return EndAsync(whenRead, ended);
        ended?.Invoke();
        return ValueTask.CompletedTask;
    }

    private static async ValueTask EndAsync(Func<ValueTask> whenRead, Action? ended)
    {
        try
        {
            await whenRead();
        }
        finally
        {
            ended?.Invoke();
        }
    }
}
