using System.Diagnostics;
using System.Net;
using JobRunner.Telemetry;
using JobRunner.Telemetry.Logs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

/// <summary>The log within a real web server. Its listeners hear the whole process, so these tests run alone.</summary>
[Collection<TracingTests>]
public sealed class WebServerLogTests
{
    [Fact]
    public async Task A_jobs_line_carries_the_tracing_id_and_nothing_of_the_servers_own()
    {
        var lines = await LinesOfAsync(async context =>
        {
            using var scope = CallScope.Begin(new CallIdentity(context.Request.Headers["X-Request-Tracing-Id"]));
            await Task.Yield();
            Logger(context).LogInformation("working");
            Activity.Current.ShouldBeNull("nobody listens, so the server must not pay for an activity");
        });

        lines.ShouldHaveSingleItem().ShouldEndWith("INFO  working, tracing_id=abc");
    }

    [Fact]
    public async Task An_exception_nobody_caught_is_one_line()
    {
        var lines = await LinesOfAsync(_ => throw new InvalidOperationException("out of\nluck"));

        var line = lines.ShouldHaveSingleItem();
        line.ShouldContain("ERROR Connection id");
        line.ShouldContain(@"error=""out of\nluck""");
        line.ShouldContain("cause=InvalidOperationException");
    }

    private static ILogger Logger(HttpContext context) =>
        ((ILoggerFactory)context.RequestServices.GetService(typeof(ILoggerFactory))!).CreateLogger("MyJob");

    private static async Task<IReadOnlyList<string>> LinesOfAsync(RequestDelegate handle)
    {
        var output = new StringWriter();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        JobLogging.Configure(
            builder.Logging, new LogOptions(), colours: false, (sink, format) => sink.Sink(new TextSink(output, format)));
        var app = builder.Build();
        app.Run(handle);
        await app.StartAsync();
        using (var client = new HttpClient())
        {
            client.DefaultRequestHeaders.Add("X-Request-Tracing-Id", "abc");
            using var response = await client.GetAsync(new Uri(app.Urls.Single()));
        }

        await app.StopAsync();
        await app.DisposeAsync();
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private sealed class TextSink(TextWriter writer, Serilog.Formatting.ITextFormatter format) : Serilog.Core.ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent) => format.Format(logEvent, writer);
    }
}
