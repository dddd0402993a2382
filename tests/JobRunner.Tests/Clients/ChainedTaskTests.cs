using System.Collections.Concurrent;
using System.Net;
using JobRunner.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Clients;

public sealed class ChainedTaskTests
{
    [Fact]
    public async Task A_task_is_started_and_polled_until_its_own_answer_comes()
    {
        await using var gateway = await Gateway.StartAsync(202, 408, 504, 200);
        (await gateway.CallAsync<int>(new { number = 7 })).ShouldBe(42);
        gateway.Requests.ShouldBe([
            "POST /pub/async/new/job/target/latest/api/v1/perform {\"number\":7} chain-token",
            .. Enumerable.Repeat("GET /pub/async/task/id%201/poll  chain-token", 4),
        ]);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(400)]
    public async Task A_task_that_fails_fails_the_call_with_its_answer(int status)
    {
        await using var gateway = await Gateway.StartAsync(202, status);
        var error = await Should.ThrowAsync<JobCallException>(gateway.CallAsync<int>(null));
        error.Status.ShouldBe(status);
        error.Message.ShouldContain("the task's own words");
    }

    [Fact]
    public async Task Polls_that_get_lost_are_asked_again()
    {
        await using var gateway = await Gateway.StartAsync(0, 202, 0, 0, 200);
        (await gateway.CallAsync<int>(null)).ShouldBe(42);
    }

    [Fact]
    public async Task A_gateway_that_has_gone_fails_the_call()
    {
        await using var gateway = await Gateway.StartAsync(0, 0, 0, 0, 0);
        await Should.ThrowAsync<JobCallException>(gateway.CallAsync<int>(null));
    }

    [Fact]
    public async Task A_caller_that_gives_up_ends_the_polling()
    {
        await using var gateway = await Gateway.StartAsync([.. Enumerable.Repeat(202, 100_000)]);
        using var impatience = new CancellationTokenSource();
        var call = gateway.CallAsync<int>(null, impatience.Token);
        await Execution.Eventually.TrueAsync(() => gateway.Requests.Count > 1, "polling has begun");
        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
    }

    /// <summary>Answers polls with statuses one after the other; 0 breaks the connection off.</summary>
    private sealed class Gateway : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentQueue<int> _statuses;
        private TestJobHost? _source;

        private Gateway(int[] statuses)
        {
            _statuses = new ConcurrentQueue<int>(statuses);
            var builder = WebApplication.CreateBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Run(AnswerAsync);
        }

        public ConcurrentQueue<string> Requests { get; } = new();

        public static async Task<Gateway> StartAsync(params int[] statuses)
        {
            var gateway = new Gateway(statuses);
            await gateway._app.StartAsync();
            gateway._source = await ChainedHosts.SourceAsync(TestJobHost.AddressOf(gateway._app) + "/pub/");
            return gateway;
        }

        public Task<T> CallAsync<T>(object? payload, CancellationToken cancellationToken = default) =>
            _source!.App.Services.GetRequiredService<JobClient>().CallTaskAsync<T>("target", payload, cancellationToken: cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _source!.DisposeAsync();
            await _app.DisposeAsync();
        }

        private async Task AnswerAsync(HttpContext http)
        {
            using var reader = new StreamReader(http.Request.Body);
            var target = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            Requests.Enqueue($"{http.Request.Method} {target} {await reader.ReadToEndAsync()} {http.Request.Headers["X-Racetrack-Auth"]}");
            if (http.Request.Method == "POST")
            {
                http.Response.StatusCode = 201;
                await http.Response.WriteAsJsonAsync(new { task_id = "id 1", status = "ongoing" });
                return;
            }

            _statuses.TryDequeue(out var status);
            if (status == 0)
            {
                http.Abort();
                return;
            }

            http.Response.StatusCode = status;
            if (status == 200)
                await http.Response.WriteAsync("42");
            else
                await http.Response.WriteAsJsonAsync(new { error = "the task's own words", type = "Error" });
        }
    }
}
