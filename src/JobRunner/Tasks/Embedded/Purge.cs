namespace JobRunner.Tasks.Embedded;

/// <summary>Drops what is kept no longer, a little per step, so that other changes are not held up.</summary>
internal static class Purge
{
    public const int StepSize = 500;

    public static int Run(WriteStep step, TaskRetention retention)
    {
        var ids = Ids(
            step,
            "status IN (3, 5) AND ended < $limit",
            ("$limit", TaskRows.Milliseconds(step.Now - retention.Completed)));
        if (ids.Count == 0)
            ids = Ids(step, "status = 4 AND ended < $limit", ("$limit", TaskRows.Milliseconds(step.Now - retention.Failed)));
        if (ids.Count == 0)
            ids = Excess(step, retention.MaxRecords);
        step.Connection.Execute("DELETE FROM idempotency WHERE expires <= $now", ("$now", TaskRows.Milliseconds(step.Now)));
        return Delete(step, ids);
    }

    public static int Delete(WriteStep step, IEnumerable<string> ids)
    {
        var count = 0;
        foreach (var id in ids)
        {
            if (step.Connection.Execute("DELETE FROM tasks WHERE id = $id AND status >= 3", ("$id", id)) == 0)
                continue;
            step.Connection.Execute("DELETE FROM events WHERE task_id = $id", ("$id", id));
            count++;
        }

        return count;
    }

    private static List<string> Excess(WriteStep step, int most)
    {
        var excess = step.Connection.Scalar<long>("SELECT count(*) FROM tasks WHERE status >= 3") - most;
        if (excess <= 0)
            return [];
        return step.Connection.Query(
            "SELECT id FROM tasks WHERE status >= 3 ORDER BY status = 4, ended LIMIT $max",
            row => row.GetString(0),
            ("$max", Math.Min(excess, StepSize)));
    }

    private static List<string> Ids(WriteStep step, string where, (string Name, object? Value) limit) =>
        step.Connection.Query(
            $"SELECT id FROM tasks WHERE {where} ORDER BY ended LIMIT {StepSize}", row => row.GetString(0), limit);
}
