// Serve it, then start a task and watch it:
//   jobrunner samples/LongRunning/Job.cs
//   samples/LongRunning/watch.sh
using JobRunner;

/// <summary>Estimates pi by throwing darts, which takes as long as one likes; called asynchronously.</summary>
public class DartBoard
{
    /// <summary>Throws darts at a square and counts those inside its circle.</summary>
    /// <param name="rounds">How many rounds to throw.</param>
    /// <param name="pause">Seconds between two rounds.</param>
    /// <param name="context">Takes the progress, which the task's record and events show.</param>
    /// <param name="cancellationToken">Cancelled when the task is.</param>
    /// <returns>The estimate.</returns>
    public async Task<double> PerformAsync(
        int rounds = 10, double pause = 0.5, JobContext? context = null, CancellationToken cancellationToken = default)
    {
        const int dartsPerRound = 100_000;
        var random = new Random(7907);
        long inside = 0;
        for (var round = 1; round <= rounds; round++)
        {
            for (var dart = 0; dart < dartsPerRound; dart++)
            {
                var (x, y) = (random.NextDouble(), random.NextDouble());
                if ((x * x) + (y * y) <= 1)
                    inside++;
            }

            context?.ReportProgress((double)round / rounds, $"round {round} of {rounds}");
            await Task.Delay(TimeSpan.FromSeconds(pause), cancellationToken);
        }

        return 4d * inside / ((double)rounds * dartsPerRound);
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { rounds = 10 };
}
