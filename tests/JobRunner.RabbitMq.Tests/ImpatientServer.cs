namespace JobRunner.RabbitMq.Tests;

/// <summary>A broker that soon takes back what is not acknowledged, and looks every second. JOBRUNNER_LONG_TESTS=1 sets its
/// consumer timeout to 20 seconds, and a call lasts a minute.</summary>
public sealed class ImpatientServer : IAsyncLifetime
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("JOBRUNNER_LONG_TESTS") == "1";

    public static TimeSpan ConsumerTimeout { get; } = TimeSpan.FromSeconds(IsLong ? 20 : 5);

    /// <summary>How long a call lasts that the broker would not wait for.</summary>
    public static TimeSpan CallLength { get; } = TimeSpan.FromSeconds(IsLong ? 60 : 12);

    public RabbitServer Server { get; } =
        new($"{{consumer_timeout, {ConsumerTimeout.TotalMilliseconds}}}, {{channel_tick_interval, 1000}}");

    public ValueTask InitializeAsync() => Server.InitializeAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
