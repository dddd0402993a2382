namespace JobRunner.RabbitMq.Queues;

/// <summary>When a call is to be handed over to the store. The broker takes a message back that is not acknowledged within
/// its consumer timeout, and the whole channel with it; no renewal helps.</summary>
internal static class HandOver
{
    private static readonly TimeSpan LeastMargin = TimeSpan.FromMinutes(1);

    /// <param name="consumerTimeout">What the broker is set to.</param>
    /// <param name="lease">How long leases last; they are renewed at a third of it.</param>
    public static TimeSpan DueAfter(TimeSpan consumerTimeout, TimeSpan lease)
    {
        var margin = lease > LeastMargin ? lease : LeastMargin;
        return consumerTimeout - (margin < consumerTimeout / 2 ? margin : consumerTimeout / 2);
    }
}
