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

/// <summary>One host of one class, which the host itself creates, for all tests of a class.</summary>
public sealed class ServedClassFixture<TJob> : IAsyncLifetime
    where TJob : class
{
    internal TestHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await TestHost.ServeAsync(typeof(TJob));

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
