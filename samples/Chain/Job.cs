// Serve the sample "Primer" on port 7001, then this job:
//   PUB_URL=http://localhost:7001/pub jobrunner run samples/Chain/Job.cs
//   curl -H 'X-Request-Tracing-Id: chain-1' --json '{"numbers": [7, 8, 9]}' http://localhost:7000/api/v1/perform
// The tracing id shows in the logs of both jobs.
using JobRunner;

/// <summary>Counts primes by asking another job about each number.</summary>
/// <param name="jobs">Calls other jobs.</param>
public class PrimeCounter(JobClient jobs)
{
    /// <summary>Counts the primes among numbers.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="job">Name of the job that tells whether a number is prime.</param>
    /// <param name="cancellationToken">Ends the chained calls with the call that they belong to.</param>
    /// <returns>How many are prime.</returns>
    public async Task<int> PerformAsync(
        IReadOnlyList<int> numbers, string job = "primer", CancellationToken cancellationToken = default)
    {
        var answers = await Task.WhenAll(numbers.Select(
            number => jobs.CallAsync<bool>(job, new { number }, cancellationToken: cancellationToken)));
        return answers.Count(isPrime => isPrime);
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { numbers = new[] { 7, 8, 9 } };
}
