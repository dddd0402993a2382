// What one writes by hand to serve the Primer sample: the same route, the same work, the same answer. With --request-log it
// also writes ASP.NET Core's own line about each request's start and end; otherwise warnings alone. It counts nothing.
var builder = WebApplication.CreateBuilder(args);
var logsRequests = args.Contains("--request-log", StringComparer.Ordinal);
builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
builder.Logging.SetMinimumLevel(logsRequests ? LogLevel.Information : LogLevel.Warning);
builder.Logging.AddFilter("Microsoft.AspNetCore.Routing", LogLevel.Warning);

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
