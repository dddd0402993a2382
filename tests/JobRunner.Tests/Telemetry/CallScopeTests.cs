using JobRunner.Telemetry;
using JobRunner.Telemetry.Logs;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class CallScopeTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Tracing_id_and_on_demand_caller_name_are_in_both_forms(bool structured, bool callerName)
    {
        using var log = new LogCapture(new LogOptions(LogLevel.Debug, structured, callerName));

        using (CallScope.Begin(new CallIdentity("abc", "alice")))
            log.Logger.LogInformation("a line of the job's own");

        if (structured)
        {
            var line = log.Objects().ShouldHaveSingleItem();
            line.GetProperty("tracing_id").GetString().ShouldBe("abc");
            line.TryGetProperty("caller_name", out var caller).ShouldBe(callerName);
            if (callerName)
                caller.GetString().ShouldBe("alice");
        }
        else
        {
            log.Lines().ShouldHaveSingleItem()
                .ShouldEndWith(callerName ? "own, tracing_id=abc, caller_name=alice" : "own, tracing_id=abc");
        }
    }

    [Fact]
    public async Task A_scope_flows_through_await_tasks_and_threads()
    {
        using var scope = CallScope.Begin(new CallIdentity("abc"));

        await Task.Yield();
        CallScope.Current?.TracingId.ShouldBe("abc");
        (await Task.Run(() => CallScope.Current?.TracingId)).ShouldBe("abc");
        string? seen = null;
        var thread = new Thread(() => seen = CallScope.Current?.TracingId);
        thread.Start();
        thread.Join();
        seen.ShouldBe("abc");
    }

    [Fact]
    public async Task Concurrent_calls_do_not_see_each_other()
    {
        var seen = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            using var scope = CallScope.Begin(new CallIdentity($"call {i}"));
            await Task.Yield();
            return CallScope.Current?.TracingId;
        })));

        seen.ShouldBe(Enumerable.Range(0, 50).Select(i => $"call {i}"));
        CallScope.Current.ShouldBeNull();
    }

    [Fact]
    public void A_scope_ends_in_the_one_around_it()
    {
        using (CallScope.Begin(new CallIdentity("outer")))
        {
            using (CallScope.Begin(new CallIdentity("inner")))
                CallScope.Current?.TracingId.ShouldBe("inner");
            CallScope.Current?.TracingId.ShouldBe("outer");
        }

        CallScope.Current.ShouldBeNull();
    }
}
