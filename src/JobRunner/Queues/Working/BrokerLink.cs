using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>What a worker asks of its broker; one may fail while another goes well, as writing does on a full disk.</summary>
internal enum BrokerDuty
{
    Fetch,
    Renew,
    Settle,
    Inspect,
}

/// <summary>Whether the broker answers, as all parts of a worker have last seen it: told once when it changes, not at
/// every try.</summary>
internal sealed partial class BrokerLink(WorkedQueue worked)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<BrokerDuty, string> _troubles = [];
    private bool _wasUp;

    public bool IsUp => worked.Instruments.Up;

    /// <summary>One duty goes well.</summary>
    public void Up(BrokerDuty duty)
    {
        lock (_lock)
        {
            var hadTrouble = _troubles.Remove(duty);
            if (_troubles.Count > 0 || worked.Instruments.Up)
                return;
            worked.Instruments.Up = true;
            if (hadTrouble && _wasUp)
                Returned(worked.Logger, worked.Name);
            else if (!_wasUp)
                Connected(worked.Logger, worked.Name);
            _wasUp = true;
        }
    }

    /// <summary>One duty fails.</summary>
    public void Down(BrokerDuty duty, Exception exception)
    {
        lock (_lock)
        {
            worked.Instruments.Up = false;
            worked.Instruments.Waiting(depth: null, oldest: null);
            var isKnown = _troubles.ContainsValue(exception.Message);
            _troubles[duty] = exception.Message;
            if (!isKnown)
                Lost(worked.Logger, worked.Name, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Working on the queue {Queue}")]
    private static partial void Connected(ILogger logger, string queue);

    [LoggerMessage(Level = LogLevel.Information, Message = "The queue {Queue} is back")]
    private static partial void Returned(ILogger logger, string queue);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue {Queue} is down: {Reason}")]
    private static partial void Lost(ILogger logger, string queue, string reason);
}
