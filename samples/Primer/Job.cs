/// <summary>Tells whether a number is prime.</summary>
public class Job
{
    /// <summary>Checks whether a number is prime.</summary>
    /// <param name="number">The number to check.</param>
    /// <returns>Whether the number is prime.</returns>
    public bool Perform(int number)
    {
        if (number < 2)
            return false;
        for (var divisor = 2; divisor <= number / divisor; divisor++)
        {
            if (number % divisor == 0)
                return false;
        }

        return true;
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { number = 7907 };
}
