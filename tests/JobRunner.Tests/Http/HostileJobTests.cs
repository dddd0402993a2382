using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>Jobs and names that nobody would write on purpose.</summary>
public sealed class HostileJobTests
{
    [Fact]
    public async Task An_async_void_method_fails_the_load()
    {
        (await TestHost.LoadErrorOfAsync(new AsyncVoidJob())).ShouldContain("Perform is async void");
    }

    [Fact]
    public async Task A_job_that_throws_when_it_is_disposed_does_not_fail_the_stop()
    {
        var host = await TestHost.ServeAsync(typeof(ThrowsAtTheEnd));

        await Should.NotThrowAsync(() => host.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task The_base_url_of_an_odd_name_fits_into_a_header()
    {
        await using var host = await TestHost.ServeAsync(new EchoJob(), "name: \"a/b \\\"ü\\nX: y\"\nversion: \"1 ?#\"\n");

        var answer = await host.GetAsync("/");

        answer.Status.ShouldBe(307);
        answer.Headers.Location!.OriginalString.ShouldBe("/pub/job/a%2Fb%20%22%C3%BC%0AX%3A%20y/1%20%3F%23/docs");
    }

    internal sealed class AsyncVoidJob
    {
        public async void Perform(int number)
        {
            await Task.Yield();
            throw new InvalidOperationException($"{number}");
        }
    }

    public sealed class ThrowsAtTheEnd : IAsyncDisposable
    {
        public int Perform(int number) => number;

        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException("not like this");
        }
    }
}
