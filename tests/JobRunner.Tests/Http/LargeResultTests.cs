using System.IO.Pipelines;
using System.Text;
using JobRunner.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace JobRunner.Tests.Http;

/// <summary>Results far larger than what the server's buffers should keep.</summary>
public sealed class LargeResultTests
{
    private const int Characters = 20 * 1024 * 1024;

    [Theory]
    [InlineData("/perform")]
    [InlineData("/bytes")]
    public async Task They_arrive_whole(string path)
    {
        await using var host = await TestHost.ServeAsync(new LargeJob());

        using var response = await host.Client.PostAsync($"/api/v1{path}", content: null);
        var body = await response.Content.ReadAsByteArrayAsync();

        response.Content.Headers.ContentLength.ShouldBe(body.Length);
        body.Length.ShouldBe(path == "/bytes" ? Characters : Characters + 2);
        body.AsSpan(1, Characters - 1).IndexOfAnyExcept((byte)'x').ShouldBe(-1);
    }

    [Fact]
    public async Task What_is_sent_never_lies_in_the_servers_buffers_as_a_whole()
    {
        var body = new CountingBody();
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseBodyFeature>(body);

        await JsonResponse.WriteInPiecesAsync(http.Response, Encoding.ASCII.GetBytes(new string('x', Characters)), CancellationToken.None);

        http.Response.ContentLength.ShouldBe(Characters);
        body.Sent.ShouldBe(Characters);
        body.MostUnsent.ShouldBeLessThanOrEqualTo(ResultResponse.LargestKeptBuffer);
    }

    public sealed class LargeJob
    {
        public string Perform() => new('x', Characters);

        [JobEndpoint("/bytes")]
        [Microsoft.AspNetCore.Mvc.Produces("application/x-own")]
        public byte[] Bytes() => Encoding.ASCII.GetBytes(new string('x', Characters));
    }

    /// <summary>Counts what is written before it is flushed.</summary>
    private sealed class CountingBody() : StreamResponseBodyFeature(Stream.Null), IHttpResponseBodyFeature
    {
        private readonly Counter _counter = new();

        public long Sent => _counter.Sent;

        public long MostUnsent => _counter.MostUnsent;

        PipeWriter IHttpResponseBodyFeature.Writer => _counter;

        private sealed class Counter : PipeWriter
        {
            private byte[] _buffer = new byte[4096];
            private long _unsent;

            public long Sent { get; private set; }

            public long MostUnsent { get; private set; }

            public override void Advance(int bytes) => MostUnsent = Math.Max(MostUnsent, _unsent += bytes);

            public override Memory<byte> GetMemory(int sizeHint = 0) =>
                _buffer = _buffer.Length < sizeHint ? new byte[sizeHint] : _buffer;

            public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

            public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
            {
                Sent += _unsent;
                _unsent = 0;
                return ValueTask.FromResult(new FlushResult(isCanceled: false, isCompleted: false));
            }

            public override void CancelPendingFlush()
            {
            }

            public override void Complete(Exception? exception = null)
            {
            }
        }
    }
}
