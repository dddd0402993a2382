using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Tests.Tasks;

/// <summary>Takes webhooks on a free port of this machine.</summary>
internal sealed class WebhookReceiver(WebApplication app) : IAsyncDisposable
{
    private int _requests;

    public int Requests => _requests;

    public Queue<Action<HttpContext>> Answers { get; } = new();

    public TaskCompletionSource<(byte[] Body, string Signature)> Accepted { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Port => new Uri(Hosting.TestJobHost.AddressOf(app)).Port;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var receiver = new WebhookReceiver(builder.Build());
        await receiver.RunAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private Task RunAsync()
    {
        app.Run(async http =>
        {
            Interlocked.Increment(ref _requests);
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            if (Answers.TryDequeue(out var answer))
                answer(http);
            else
                Accepted.TrySetResult((body.ToArray(), http.Request.Headers["X-JobRunner-Signature"].ToString()));
        });
        return app.StartAsync();
    }
}
