using FsCheck;
using FsCheck.Fluent;

namespace JobRunner.Tests.Execution;

public sealed class GatePropertyTests
{
    /// <summary>Each byte is one event: what happens, and to whom. Nothing is shrunk, since each failure is a wait that
    /// runs into its deadline.</summary>
    [Fact]
    public void Whatever_happens_places_order_refusals_and_counts_are_those_of_the_plain_account() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>().Generator.ToArbitrary(), events => PlayAsync(events).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    private static async Task PlayAsync(byte[] events)
    {
        using var model = new PipelineModel(places: 1 + events.Length % 3, line: events.Length % 4);
        foreach (var (what, whom) in events.Select(@event => (@event % 8, @event / 8)))
        {
            await (what switch
            {
                0 or 1 => model.ArriveAsync(timeout: null),
                2 => model.ArriveAsync(TimeSpan.FromSeconds(1 + whom)),
                3 => model.QueueAsync(),
                4 or 5 => model.EndAsync(whom),
                6 => model.DisconnectAsync(whom),
                _ => model.PassAsync(TimeSpan.FromSeconds(whom)),
            });
        }

        // All that is left gets its turn and ends; nothing is held or waits after that.
        while (model.Running > 0)
            await model.EndAsync(0);
    }
}
