using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>One host of one job for all tests of a class.</summary>
public class ServedFixture<TJob> : IAsyncLifetime
    where TJob : class, new()
{
    internal TestHost Host { get; private set; } = null!;

    protected virtual string? Manifest => null;

    public async ValueTask InitializeAsync() => Host = await TestHost.ServeAsync(new TJob(), Manifest);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
