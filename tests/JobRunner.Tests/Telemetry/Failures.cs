using System.Runtime.CompilerServices;

namespace JobRunner.Tests.Telemetry;

/// <summary>Exceptions that were thrown and have a stack.</summary>
internal static class Failures
{
    public static Exception Wrapped(string message = "could not compute")
    {
        try
        {
            try
            {
                return new InvalidOperationException(Divide(1, 0).ToString());
            }
            catch (DivideByZeroException e)
            {
                throw new InvalidOperationException(message, e);
            }
        }
        catch (InvalidOperationException e)
        {
            return e;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int a, int b) => a / b;
}
