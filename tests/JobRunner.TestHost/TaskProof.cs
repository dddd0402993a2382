using JobRunner;

/// <summary>A job whose every outcome follows from its argument, for proofs that none is lost or doubled.</summary>
public sealed class TaskProof
{
    public async Task<int> PerformAsync(int number, JobContext context, CancellationToken cancellationToken)
    {
        await Task.Delay(number % 25, cancellationToken);
        if (number % 7 == 0)
            throw new ArgumentException($"{number} is refused");
        if (number % 11 == 0 && context.Attempt == 1)
            throw new InvalidOperationException($"{number} needs a second attempt");
        return number * 2;
    }

    [JobEndpoint("/linger")]
    public async Task<string> Linger(string file, CancellationToken cancellationToken)
    {
        while (!File.Exists(file))
            await Task.Delay(20, cancellationToken);
        return "done";
    }
}
