using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using JobRunner.Execution;
using JobRunner.Hosting;
using JobRunner.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>Bodies that end before they are whole.</summary>
public sealed class BrokenBodyTests
{
    private const string Head =
        "POST /api/v1/perform HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n";

    [Fact]
    public async Task A_body_that_is_broken_off_is_no_trouble_for_its_connection()
    {
        var log = new Warnings();
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddJob<EchoJob>(options => options.Manifest = new JobManifest { Name = "tested" });
        await using (var app = builder.Build())
        {
            app.MapJob();
            await app.StartAsync(TestContext.Current.CancellationToken);
            await app.Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(TestHost.Patience);
            var address = new Uri(TestJobHost.AddressOf(app));
            for (var count = 0; count < 30; count++)
                await BreakOffAsync(address);
        }

        log.Lines.ShouldBeEmpty();
    }

    private static async Task BreakOffAsync(Uri address)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(Head));

        // The server reads once it asks for the body.
        await stream.ReadAsync(new byte[256]).AsTask().WaitAsync(TestHost.Patience);
        foreach (var piece in "{\"value\""u8.ToArray())
            await stream.WriteAsync(new[] { piece });
        client.Client.Shutdown(SocketShutdown.Send);
        using var rest = new MemoryStream();
        try
        {
            await stream.CopyToAsync(rest).WaitAsync(TestHost.Patience);
        }
        catch (IOException)
        {
            // Reset instead of closed: gone either way.
        }
    }

    private sealed class Warnings : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                _lines.Enqueue($"{formatter(state, exception)} {exception?.Message}");
        }

        public void Dispose()
        {
        }
    }
}
