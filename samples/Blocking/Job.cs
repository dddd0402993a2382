// A plain synchronous job that holds its thread. Probes and metrics answer at once however many calls block:
//   jobrunner run samples/Blocking/Job.cs
//   for i in $(seq 200); do curl -s -o /dev/null --json '{"seconds": 10}' http://localhost:7000/api/v1/perform & done
//   curl http://localhost:7000/live

/// <summary>Blocks a thread, as many libraries do.</summary>
public class Sleeper
{
    /// <summary>Sleeps.</summary>
    /// <param name="seconds">How long.</param>
    /// <returns>How long it has slept.</returns>
    public double Perform(double seconds)
    {
        Thread.Sleep(TimeSpan.FromSeconds(seconds));
        return seconds;
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { seconds = 0.1 };
}
