// What one writes by hand to serve the Primer sample: the same route, the same work, the same answer, and nothing else.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);

var app = builder.Build();
app.MapPost("/api/v1/perform", (Arguments arguments) => IsPrime(arguments.Number));
app.MapGet("/ready", () => new { ready = true });
app.Run();

static bool IsPrime(int number)
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

internal sealed record Arguments(int Number);
