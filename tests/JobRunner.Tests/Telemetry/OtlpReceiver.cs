using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Telemetry;

/// <summary>A collector in the test's process that takes OTLP over HTTP, or gRPC over cleartext HTTP/2.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    public static async Task<OtlpReceiver> StartAsync(string protocol)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhostFreePort(
            protocol == "grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public IEnumerable<string> Metrics => Strings("metrics", 1, 2, 2, 1);

    public IEnumerable<string> Spans => Strings("trace", 1, 2, 2, 5);

    public IEnumerable<string> LogBodies => Strings("logs", 1, 2, 2, 5, 1);

    public IEnumerable<string> LogAttributes => Strings("logs", 1, 2, 2, 6, 2, 1);

    public IEnumerable<string> ResourceValues(string signal) => Strings(signal, 1, 1, 1, 2, 1);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private IEnumerable<string> Strings(string signal, params int[] path) =>
        _received
            .Where(request => request.Path.Contains(signal, StringComparison.OrdinalIgnoreCase))
            .SelectMany(request => Protobuf.Strings(request.Body, path));

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var isGrpc = context.Request.ContentType == "application/grpc";
        // gRPC puts a flag and the length before the message.
        const int Prefix = 5;
        _received.Enqueue((context.Request.Path.Value!, isGrpc ? body.ToArray()[Prefix..] : body.ToArray()));
        if (!isGrpc)
            return;
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", "0");
        await context.Response.Body.WriteAsync(new byte[Prefix]);
    }
}

internal static class KestrelExtensions
{
    public static void ListenLocalhostFreePort(this KestrelServerOptions kestrel, HttpProtocols protocols) =>
        kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
}
