using JobRunner;

// A host in a process of its own, for what only a process has: signals, exit codes, threads of nobody else.
return await (args switch
{
    [nameof(Sleeper), .. var rest] => ServeAsync<Sleeper>(rest),
    [nameof(TaskProof), .. var rest] => ServeAsync<TaskProof>(rest),
    [nameof(SharedInstrument), .. var rest] => ServeAsync<SharedInstrument>(rest),
    _ => throw new ArgumentException("The first argument must name a job."),
});

static async Task<int> ServeAsync<TJob>(string[] args)
    where TJob : class
{
    await JobHost.ServeJobClassAsync<TJob>(args);
    return 0;
}
