using System.Globalization;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>Gives leases, renews them, takes what is done under them, and finds the lost ones.</summary>
internal sealed class RecordLeases(StoreCalls calls, RecordWriter records)
{
    private readonly string _owner = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";

    public async Task<IReadOnlyList<TaskLease>> ClaimAsync(TaskClaim claim)
    {
        var now = calls.Now;

        // A claim that is under way is waited for: what it took would otherwise lie until its lease ends.
        var claimed = await calls.EvaluateAsync(
            StoreScripts.Claim,
            now,
            [claim.Queue, claim.Max, _owner, StoreCalls.Milliseconds(now + claim.Duration), .. StoreCalls.Names(RecordFields.Whole)],
            CancellationToken.None);
        return
        [
            .. claimed.Items.Select(values => RecordFields.Read(RecordFields.Whole, values.Items)!)
                .Select(record => new TaskLease(record, record.FencingToken)),
        ];
    }

    public async Task<IReadOnlyList<LeaseState>> RenewAsync(
        IReadOnlyList<TaskLease> leases, TimeSpan duration, CancellationToken cancellationToken)
    {
        var now = calls.Now;
        var answers = await calls.EvaluateAsync(
            StoreScripts.Renew,
            now,
            [
                StoreCalls.Milliseconds(now + duration),
                .. leases.SelectMany(lease => new RedisArgument[] { lease.TaskId, lease.FencingToken }),
            ],
            cancellationToken);
        return
        [
            .. answers.Items.Select(answer => answer.Integer switch
            {
                1 => LeaseState.Held,
                2 => LeaseState.Cancelling,
                _ => LeaseState.Lost,
            }),
        ];
    }

    public Task<bool> ReportAsync(TaskLease lease, double progress, string? message, CancellationToken cancellationToken)
    {
        List<RedisArgument> set = ["progress", progress.ToString("R", CultureInfo.InvariantCulture)];
        List<RedisArgument> removed = [];
        if (message is null) removed.Add("progress_message");
        else set.AddRange(["progress_message", message]);
        return ReportAsync(lease, set, removed, [TaskTransitions.ProgressEvent(progress, message)], cancellationToken);
    }

    public Task<bool> AppendAsync(TaskLease lease, IReadOnlyList<NewTaskEvent> events, CancellationToken cancellationToken) =>
        ReportAsync(lease, [], [], events, cancellationToken);

    /// <summary>Ends a run.</summary>
    /// <returns>The record; null where the lease is lost.</returns>
    public async Task<TaskRecord?> EndAsync(
        TaskLease lease, Func<TaskRecord, DateTimeOffset, TaskRecord> end, CancellationToken cancellationToken)
    {
        var ended = await records.ChangeAsync(
            lease.TaskId,
            (record, now) => record is not null && record.Status.IsLeased() && record.FencingToken == lease.FencingToken
                ? end(record, now)
                : null,
            cancellationToken);
        return ended is null ? null : ended with { Payload = lease.Record.Payload };
    }

    public async Task<IReadOnlyList<TaskRecord>> SweepAsync(int maxInterruptions, CancellationToken cancellationToken)
    {
        var swept = new List<TaskRecord>();
        foreach (var id in await calls.IdsAsync("leases", calls.Now, int.MaxValue, cancellationToken))
        {
            var found = await records.ChangeAsync(
                id,
                (record, now) => record is { LeaseExpiresAt: { } end } && record.Status.IsLeased() && end <= now
                    ? TaskTransitions.Interrupt(record, maxInterruptions, now)
                    : null,
                cancellationToken);
            if (found is not null) swept.Add(found);
        }

        return swept;
    }

    private async Task<bool> ReportAsync(
        TaskLease lease,
        List<RedisArgument> set,
        List<RedisArgument> removed,
        IReadOnlyList<NewTaskEvent> events,
        CancellationToken cancellationToken)
    {
        var reported = await calls.EvaluateAsync(
            StoreScripts.Report,
            [
                lease.TaskId, lease.FencingToken, .. StoreCalls.Counted(set), .. StoreCalls.Counted(removed),
                .. events.SelectMany(added => new RedisArgument[] { added.Kind, added.Data }),
            ],
            cancellationToken);
        return reported.Integer == 1;
    }
}
