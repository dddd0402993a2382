using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>Broken requests get answers of their own, and nothing else happens. <c>FUZZ_SEED</c> repeats a run.</summary>
[Collection("Alone")]
public sealed class FuzzTests
{
    private const int Workers = 8;
    private const int FramedRequests = 16_000;
    private const int RawRequests = 4_000;
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(100);
    private const long AllowedGrowth = 300L << 20;

    private static readonly (string Path, string Body)[] Echoes =
    [
        .. new EchoJob().AuxiliaryEndpoints().Keys.Select(path => (path, "{\"value\":1}")),
        ("/person", "{\"value\":{\"full_name\":\"a\",\"NICK_NAME\":null,\"homeTowns\":[\"b\"],\"last_seen\":{\"X\":1}}}"),
        ("/people", "{\"value\":[{\"full_name\":\"a\",\"nickName\":null,\"homeTowns\":[\"b\"]}]}"),
        ("/shape", "{\"value\":{\"kind\":\"circle\",\"outer_radius\":2}}"),
        ("/node-tree", "{\"value\":{\"name\":\"a\",\"child_nodes\":[{\"Name\":\"b\"}]}}"),
        ("/matrix", "{\"value\":[[1,2],[3,4.5]]}"),
        ("/open", "{\"value\":{\"KNOWN\":1,\"other_name\":2}}"),
        ("/element", "{\"value\":{\"a\":[1,{\"b\":null}]}}"),
    ];

    private static readonly (string Path, string Body)[] Calls =
    [
        ("/perform", "{\"firstName\":\"a\",\"count\":1,\"colour\":\"red\",\"ratio\":0.5,\"tags\":[\"x\"]}"),
        ("/extra", "{\"known\":1,\"other\":{}}"),
        ("/rules", "{\"number\":1,\"text\":\"abc\"}"),
        ("/body", "{\"full_name\":\"a\",\"nickName\":null,\"homeTowns\":[]}"),
        ("/multiply/4", "{\"number\":1}"),
        ("/square/4", ""),
        ("/search?text=a&ids=1&ids=2", "{\"text\":\"a\"}"),
        ("/file", "{\"note\":\"a\"}"),
        ("/any", "{\"numbers\":[1,2]}"),
        ("/parameters", ""),
        ("/../../live", ""),
        ("/../../docs", ""),
        ("/../../openapi.json", ""),
        ("/../../", ""),
    ];

    [Fact]
    public async Task Twenty_thousand_broken_requests_do_no_harm()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next();
        await using var echo = await TestHost.ServeAsync(new EchoJob());
        await using var calls = await TestHost.ServeAsync(typeof(ParameterJob));
        (TestHost Host, (string Path, string Body)[] Corpus)[] targets = [(echo, Echoes), (calls, Calls)];
        await RunAsync(targets, seed, framed: 1_000, raw: 200);
        var before = ResidentMemory();

        var statuses = await RunAsync(targets, seed + Workers, FramedRequests, RawRequests);

        new[] { 200, 307, 400, 404, 405, 415, 422 }.ShouldBeSubsetOf(statuses, $"seed {seed}");

        (await echo.CallAsync("/int", "{\"value\":7}")).Body.ShouldBe("7");
        (await calls.GetAsync("/live")).Status.ShouldBe(200);
        (ResidentMemory() - before).ShouldBeLessThan(AllowedGrowth, $"seed {seed}");
    }

    private static async Task<HashSet<int>> RunAsync((TestHost Host, (string Path, string Body)[] Corpus)[] targets, int seed, int framed, int raw) =>
        [.. (await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var statuses = new HashSet<int>();
            var mutator = new RequestMutator(seed + worker);
            for (var count = 0; count < (framed + raw) / Workers; count++)
            {
                var (host, corpus) = mutator.Pick(targets);
                var (path, body) = mutator.Pick(corpus);
                var request = count < framed / Workers
                    ? await SendFramedAsync(host, mutator, path, body, seed)
                    : await SendRawAsync(host, mutator, path, body, seed);

                // A broken request line may ask for a version or an encoding that no server has.
                (request.Status is < 500 or 501 or 505).ShouldBeTrue($"seed {seed}: {request.Text}");
                statuses.Add(request.Status);
            }

            return statuses;
        })))).SelectMany(statuses => statuses)];

    private static async Task<(int Status, string Text)> SendFramedAsync(TestHost host, RequestMutator mutator, string path, string good, int seed)
    {
        var body = mutator.Body(good);
        using var request = new HttpRequestMessage(mutator.OneIn(10) ? HttpMethod.Get : HttpMethod.Post, $"/api/v1{path}")
        {
            Content = mutator.OneIn(20) ? null : new ByteArrayContent(body),
        };
        request.Content?.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TransferEncodingChunked = request.Content is not null && mutator.OneIn(5);
        try
        {
            var answer = await host.SendAsync(request);
            return (answer.Status, $"{request.Method} {path} {Encoding.Latin1.GetString(body)} -> {answer.Status} {answer.Body}");
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"seed {seed}: {request.Method} {path} {Encoding.Latin1.GetString(body)}", exception);
        }
    }

    private static async Task<(int Status, string Text)> SendRawAsync(TestHost host, RequestMutator mutator, string path, string good, int seed)
    {
        var request = mutator.Raw($"/api/v1{path}", good);
        var text = Encoding.Latin1.GetString(request);
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(request);
            if (mutator.OneIn(10))
                return (0, text);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var reading = reader.ReadToEndAsync();

            // A server that was promised more than was sent waits for it: then this client gives up.
            if (await Task.WhenAny(reading, Task.Delay(Silence)) != reading)
                client.Client.Shutdown(SocketShutdown.Send);
            var answer = await reading.WaitAsync(TestHost.Patience);
            return (answer.Length > 12 ? int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0, $"{text}\n-> {answer}");
        }
        catch (IOException)
        {
            // The server may close while the rest of a bad request is still on its way.
            return (0, text);
        }
        catch (TimeoutException exception)
        {
            throw new InvalidOperationException($"seed {seed}: no answer to {text}", exception);
        }
    }

    private static long ResidentMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
