using JobRunner;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<Phrasebook>();
builder.Services.AddJob<Greeter>();

var app = builder.Build();
app.MapGet("/languages", (Phrasebook phrases) => phrases.Languages);
app.MapJob();
app.Run();

/// <summary>The application; public for tests that start it.</summary>
public partial class Program;
