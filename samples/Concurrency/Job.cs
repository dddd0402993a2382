// Two calls run at once and three more wait; further ones are told to come back later:
//   jobrunner run samples/Concurrency/Job.cs
//   for i in 1 2 3 4 5 6; do
//     curl -s -o /dev/null -w '%{http_code}\n' --json '{"seconds": 2}' http://localhost:7000/api/v1/perform &
//   done; wait
// Five answers are 200 and one is 429.

/// <summary>Works on something that only two can use at once; the manifest says so, the code need not.</summary>
public class SharedInstrument
{
    private int _users;

    /// <summary>Uses the instrument for a while.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="cancellationToken">Ends the use early.</param>
    /// <returns>How many used it together, this call included.</returns>
    public async Task<int> PerformAsync(double seconds, CancellationToken cancellationToken)
    {
        var together = Interlocked.Increment(ref _users);
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
            return together;
        }
        finally
        {
            Interlocked.Decrement(ref _users);
        }
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { seconds = 0.1 };
}
