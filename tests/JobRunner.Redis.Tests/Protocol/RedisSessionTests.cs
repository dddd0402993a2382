using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

public sealed class RedisSessionTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_session_that_takes_no_commands_ends_so_that_another_can_take_its_place()
    {
        var stuck = new StuckStream();
        var endpoint = new RedisEndpoint { Host = "127.0.0.1" };
        await using var session = new RedisSession(stuck, endpoint, TimeProvider.System);
        var onItsWay = session.SendAsync(Request("SET"), Timeout.InfiniteTimeSpan, CancellationToken.None);
        await stuck.Writing.WaitAsync(Long);

        var behind = await Should.ThrowAsync<RedisConnectionException>(
            () => session.SendAsync(Request("PING"), TimeSpan.FromMilliseconds(50), CancellationToken.None));

        behind.MayHaveRun.ShouldBeFalse();
        (await session.Ended.WaitAsync(Long)).Message.ShouldBe(behind.Message);
        behind.Message.ShouldContain("did not take PING within 0.05 s");
        (await Should.ThrowAsync<RedisConnectionException>(onItsWay)).MayHaveRun.ShouldBeTrue();
    }

    private static RedisRequest Request(string name) => new([new RedisCommand(name)]);

    /// <summary>A connection whose peer neither reads nor writes.</summary>
    private sealed class StuckStream : Stream
    {
        private readonly TaskCompletionSource _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Writing => _writing.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _writing.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
