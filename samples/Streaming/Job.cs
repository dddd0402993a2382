using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;

/// <summary>Follows a number down the Collatz sequence, and sends each step as soon as it is known.</summary>
/// <remarks>The answer is a JSON array; with <c>Accept: text/event-stream</c> it is a stream of events.</remarks>
public class Collatz
{
    /// <summary>Halves even numbers and triples odd ones plus one, until it reaches 1.</summary>
    /// <param name="number">Where to start.</param>
    /// <param name="pause">Seconds between two steps.</param>
    /// <param name="cancellationToken">Cancelled when the client goes away.</param>
    /// <returns>The steps, in order.</returns>
    public async IAsyncEnumerable<Step> Perform(
        [Range(1, 1_000_000)] long number,
        [Range(0, 10)] double pause = 0,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var index = 0; ; index++)
        {
            yield return new Step(index, number);
            if (number == 1)
                yield break;
            if (pause > 0)
                await Task.Delay(TimeSpan.FromSeconds(pause), cancellationToken);
            number = number % 2 == 0 ? number / 2 : number * 3 + 1;
        }
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { number = 27, pause = 0.05 };
}

/// <summary>One number of the sequence.</summary>
/// <param name="Index">Its place, the start being 0.</param>
/// <param name="Number">The number.</param>
public record Step(int Index, long Number);
