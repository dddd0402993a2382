namespace JobRunner.Cli.Tests.Queues;

/// <summary>The server of a broker, which can go and come back.</summary>
internal interface IBrokerServer : IAsyncDisposable
{
    int Port { get; }

    /// <summary>Starts it on its port, and waits until it serves.</summary>
    Task StartAsync();

    /// <summary>Asks it to end, and waits until it has.</summary>
    Task StopAsync();

    /// <summary>Ends it without a warning.</summary>
    Task KillAsync();
}
