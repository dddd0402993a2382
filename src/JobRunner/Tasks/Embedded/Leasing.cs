namespace JobRunner.Tasks.Embedded;

/// <summary>Gives leases, renews them and finds the lost ones.</summary>
internal static class Leasing
{
    public static IReadOnlyList<TaskLease> Claim(WriteStep step, TaskClaim claim)
    {
        if (Readings.IsPaused(step.Connection, claim.Queue))
            return [];
        var records = step.Connection.Query(
            TaskRows.WithPayload
            + " WHERE queue = $queue AND status = 0 AND due <= $now ORDER BY priority DESC, seq LIMIT $max",
            TaskRows.Read,
            ("$queue", claim.Queue),
            ("$now", TaskRows.Milliseconds(step.Now)),
            ("$max", claim.Max));
        var leases = new List<TaskLease>(records.Count);
        foreach (var record in records)
        {
            var claimed = step.Enter(TaskTransitions.Claim(record, step.Owner, claim.Duration, step.Now));
            leases.Add(new TaskLease(claimed, claimed.FencingToken));
        }

        return leases;
    }

    public static LeaseState Renew(WriteStep step, TaskLease lease, TimeSpan duration)
    {
        if (step.Find(lease) is not { } record)
            return LeaseState.Lost;
        step.Connection.Execute(
            "UPDATE tasks SET lease_expires = $expires WHERE id = $id",
            ("$expires", TaskRows.Milliseconds(step.Now + duration)),
            ("$id", record.Id));
        return record.Status == TaskState.Cancelling ? LeaseState.Cancelling : LeaseState.Held;
    }

    public static IReadOnlyList<TaskRecord> Sweep(WriteStep step, int maxInterruptions, Func<string?, bool> isGone)
    {
        var records = step.Connection.Query(
            TaskRows.Lean + " WHERE status IN (1, 2) AND lease_expires IS NOT NULL", TaskRows.Read);
        var gone = new Dictionary<string, bool>(StringComparer.Ordinal);
        var swept = new List<TaskRecord>();
        foreach (var record in records)
        {
            if (record.LeaseExpiresAt > step.Now && !IsGone(record.LeaseOwner))
                continue;
            swept.Add(step.Enter(TaskTransitions.Interrupt(record, maxInterruptions, step.Now)));
        }

        return swept;

        bool IsGone(string? owner)
        {
            if (owner is null)
                return false;
            if (!gone.TryGetValue(owner, out var answer))
                gone[owner] = answer = isGone(owner);
            return answer;
        }
    }
}
