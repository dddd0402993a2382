using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using JobRunner.Execution;
using JobRunner.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>"Life cycle", and what fails a load.</summary>
public sealed class LoadingTests
{
    [Fact]
    public async Task A_job_that_loads_slowly_is_live_and_not_ready()
    {
        await using var host = await TestHost.StartAsync(JobSources.Of(typeof(SlowJob)));
        try
        {
            (await host.GetAsync("/live")).Body.ShouldBe("""{"live":true,"deployment_timestamp":null}""");
            var ready = await host.GetAsync("/ready");
            (ready.Status, ready.Body).ShouldBe((500, """{"ready":false}"""));
            var health = await host.GetAsync("/health");
            (health.Status, (string?)health.Json["status"], (bool)health.Json["live"]!).ShouldBe((500, "fail", true));
            foreach (var path in new[] { "/", "/api/v1/parameters", "/nowhere", "/pub/job/a/b/api/v1/perform", "/pub/fatman/a/b/" })
                ShouldBeLoading(await host.GetAsync(path));
            ShouldBeLoading(await host.CallAsync("/perform", "{}"));
            (await host.GetAsync("/docs")).Status.ShouldBe(200);
            (await host.GetAsync("/openapi.json")).Status.ShouldBe(200);
            (await host.GetAsync("/metrics")).Status.ShouldBe(200);
        }
        finally
        {
            SlowJob.Go.Set();
        }

        await host.Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(TestHost.Patience);
        (await host.GetAsync("/ready")).Body.ShouldBe("""{"ready":true}""");
        (await host.GetAsync("/health")).Status.ShouldBe(200);
        (await host.CallAsync("/perform", "{}")).Body.ShouldBe("\"initialized\"");
        (await host.GetAsync("/nowhere")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_constructor_that_throws_is_told_and_the_process_stays_up()
    {
        await using var host = await TestHost.StartAsync(JobSources.Of(typeof(ThrowingJob)));
        await WaitForFailureAsync(host);

        var live = await host.GetAsync("/live");
        live.Status.ShouldBe(500);
        ((bool)live.Json["live"]!).ShouldBeFalse();
        live.Error.ShouldContain("cannot start");
        live.Error.ShouldContain("no such file");
        live.Error.ShouldContain("FileNotFoundException");
        live.Error.ShouldContain("LoadingTests.cs:");
        (await host.GetAsync("/ready")).Status.ShouldBe(500);
        (await host.GetAsync("/health")).Json["error"]!.ToString().ShouldContain("no such file");
        var call = await host.CallAsync("/perform", "{}");
        (call.Status, call.Error.Contains("no such file", StringComparison.Ordinal)).ShouldBe((503, true));
        ((string)call.Json["detail"]!).ShouldBe(call.Error);
    }

    [Fact]
    public async Task A_job_is_disposed_with_its_host()
    {
        var host = await TestHost.ServeAsync(typeof(DisposableJob));
        (await host.CallAsync("/perform", "{}")).Body.ShouldBe("false");

        await host.DisposeAsync();

        DisposableJob.IsDisposed.ShouldBeTrue();
    }

    [Theory]
    [InlineData(typeof(NoPerform), "no public instance method named Perform")]
    [InlineData(typeof(StaticPerform), "no public instance method named Perform")]
    [InlineData(typeof(TwoPerforms), "2 methods named Perform")]
    [InlineData(typeof(GenericPerform), "is generic")]
    [InlineData(typeof(RefPerform), "'value' is passed by reference")]
    [InlineData(typeof(SpanPerform), "'value' is of type")]
    [InlineData(typeof(InterfacePerform), "if it is a service, mark it [FromServices]")]
    [InlineData(typeof(AmbiguousPerform), "\"fooBar\" and \"foo_bar\" cannot be told apart")]
    [InlineData(typeof(AmbiguousNested), "\"fooBar\" and \"foo_bar\" cannot be told apart")]
    [InlineData(typeof(TwoBodies), "only one parameter can be [FromBody]")]
    [InlineData(typeof(SamePath), "The path /perform is defined twice")]
    [InlineData(typeof(SameTemplate), "The path /a/{x} is defined twice")]
    [InlineData(typeof(SameInBothSpellings), "The path /a is defined twice")]
    [InlineData(typeof(PutEndpoint), "GET and POST are possible")]
    [InlineData(typeof(EmptyPath), "must not be empty")]
    [InlineData(typeof(BadPath), "is no valid path")]
    [InlineData(typeof(UnknownConstraint), "nosuch")]
    [InlineData(typeof(RouteWithoutPlace), "has no {factor}")]
    [InlineData(typeof(UnusedPlace), "UnusedPlace.Rent: the path /rent/{price} has {price}, which no parameter takes; add a parameter named price")]
    [InlineData(typeof(PrivateConstructor), "PrivateConstructor has no public constructor; make one public")]
    [InlineData(typeof(WrongEndpoints), "AuxiliaryEndpoints() must return")]
    [InlineData(typeof(ListExample), "DocsInputExample: the example of /perform must be a JSON object")]
    [InlineData(typeof(HugeExample), "DocsInputExamples: the example of /perform has")]
    [InlineData(typeof(LoopExample), "DocsInputExample: the example of /perform cannot be written as JSON")]
    [InlineData(typeof(MissingFile), "StaticEndpoints: /a stands for nowhere.txt, which does not exist")]
    [InlineData(typeof(OddStaticPath), "StaticEndpoints: \"a?b\" is no valid path")]
    [InlineData(typeof(StaticTwice), "The path /a is defined twice")]
    [InlineData(typeof(ThrowingWebview), "no pages today")]
    [InlineData(typeof(NullWebview), "WebviewApp must return a RequestDelegate")]
    [InlineData(typeof(WrongHealth), "CheckHealthAsync must have the signature CheckHealthAsync(CancellationToken)")]
    [InlineData(typeof(WrongExtra), "must be an IDictionary<string, JsonElement>")]
    [InlineData(typeof(InstanceServices), "ConfigureServices must be static")]
    public async Task A_broken_rule_fails_the_load_in_one_sentence(Type job, string error) =>
        (await TestHost.LoadErrorOfAsync(job)).ShouldContain(error);

    [Fact]
    public async Task A_service_that_nobody_registered_is_named_without_a_line_of_the_hosts_own()
    {
        var error = await TestHost.LoadErrorOfAsync(typeof(NeedsService));

        error.ShouldContain("IFormatProvider");
        error.ShouldContain(nameof(NeedsService));
        error.ShouldNotContain(".cs:");
    }

    [Fact]
    public async Task A_place_in_the_path_may_be_read_from_the_request()
    {
        await using var host = await TestHost.ServeAsync(typeof(ReadsRequest));

        (await host.GetAsync("/api/v1/rent/7")).Body.ShouldBe("\"7\"");
    }

    [Fact]
    public async Task A_method_that_hides_or_overrides_its_base_class_counts_once()
    {
        await using var hiding = await TestHost.ServeAsync(typeof(HidingJob));
        await using var overriding = await TestHost.ServeAsync(typeof(OverridingJob));
        await using var inheriting = await TestHost.ServeAsync(typeof(InheritingJob));

        (await hiding.CallAsync("/perform", "{}")).Body.ShouldBe("\"hiding\"");
        (await overriding.CallAsync("/perform", "{}")).Body.ShouldBe("\"overriding\"");
        (await inheriting.CallAsync("/perform", "{}")).Body.ShouldBe("\"base\"");
    }

    [Fact]
    public async Task Two_methods_may_name_the_parameters_of_one_path_differently()
    {
        await using var host = await TestHost.ServeAsync(typeof(TwoTemplates));

        (await host.GetAsync("/api/v1/a/7")).Body.ShouldBe("7");
        (await host.CallAsync("/a/7", "{}")).Body.ShouldBe("70");
        var wrong = await host.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/api/v1/a/7"));
        (wrong.Status, string.Join(",", wrong.ContentHeaders.Allow.Order())).ShouldBe((405, "GET,POST"));
    }

    private static void ShouldBeLoading(Answer answer)
    {
        answer.Status.ShouldBe(503, answer.Body);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        answer.Json["detail"].ShouldNotBeNull();
    }

    private static async Task WaitForFailureAsync(TestHost host)
    {
        Task loading = host.Services.GetRequiredService<ServedJob>().WhenReady.WaitAsync(TestHost.Patience);
        await loading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        host.Services.GetRequiredService<ServedJob>().Error.ShouldNotBeNull();
    }

    public class SlowJob
    {
        private string _state = "constructed";

        public SlowJob() => Go.Wait(TestHost.Patience);

        internal static ManualResetEventSlim Go { get; } = new();

        public Task InitializeAsync(CancellationToken cancellationToken)
        {
            _state = "initialized";
            return Task.CompletedTask;
        }

        public string Perform() => _state;
    }

    public class ThrowingJob
    {
        public ThrowingJob() => throw new InvalidOperationException("cannot start", new FileNotFoundException("no such file"));

        public int Perform() => 1;
    }

    public sealed class DisposableJob : IAsyncDisposable
    {
        internal static bool IsDisposed { get; private set; }

        public bool Perform() => IsDisposed;

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }

    public class BaseJob
    {
        public virtual string Perform() => "base";
    }

    public class InheritingJob : BaseJob;

    public class OverridingJob : BaseJob
    {
        public override string Perform() => "overriding";
    }

    public class HidingJob : BaseJob
    {
        public new string Perform() => "hiding";
    }

    public class NoPerform;

    public class StaticPerform
    {
        public static int Perform() => 1;
    }

    public class TwoPerforms
    {
        public int Perform() => 1;

        public Task<int> PerformAsync() => Task.FromResult(1);
    }

    public class GenericPerform
    {
        public int Perform<T>(T value) => value!.GetHashCode();
    }

    public class RefPerform
    {
        public int Perform(in int value) => value;
    }

    public class SpanPerform
    {
        public int Perform(ReadOnlySpan<byte> value) => value.Length;
    }

    public class InterfacePerform
    {
        public bool Perform(IServiceProvider services) => services is null;
    }

    public class AmbiguousPerform
    {
        public int Perform(int fooBar, int foo_bar) => fooBar + foo_bar;
    }

    public class Ambiguous
    {
        public int FooBar { get; set; }

        public int foo_bar { get; set; }
    }

    public class AmbiguousNested
    {
        public int Perform(List<Ambiguous> values) => values.Count;
    }

    public class TwoBodies
    {
        public int Perform([FromBody] Point one, [FromBody] Point two) => one.X + two.X;
    }

    public class UnusedPlace : BaseJob
    {
        [JobEndpoint("/rent/{price}", Method = "GET")]
        public int Rent(int years) => years;
    }

    public class ReadsRequest : BaseJob
    {
        [JobEndpoint("/rent/{price}", Method = "GET")]
        public string? Rent(HttpContext http) => http.Request.RouteValues["price"] as string;
    }

    public class PrivateConstructor : BaseJob
    {
        private PrivateConstructor()
        {
        }
    }

    public class NeedsService(IFormatProvider format) : BaseJob
    {
        public IFormatProvider Format => format;
    }

    public class SamePath : BaseJob
    {
        [JobEndpoint("perform/")]
        public int Again() => 1;
    }

    public class SameTemplate : BaseJob
    {
        [JobEndpoint("/a/{x}")]
        public int One(int x) => x;

        [JobEndpoint("/A/{y}")]
        public int Two(int y) => y;
    }

    public class TwoTemplates : BaseJob
    {
        [JobEndpoint("/a/{x}", Method = "GET")]
        public int One(int x) => x;

        [JobEndpoint("/a/{y}")]
        public int Two(int y) => 10 * y;
    }

    public class SameInBothSpellings : BaseJob
    {
        [JobEndpoint("/a")]
        public int One() => 1;

        public IEnumerable<EndpointConfig> AuxiliaryEndpoints() => [new EndpointConfig("a", () => 1)];
    }

    public class PutEndpoint : BaseJob
    {
        [JobEndpoint("/a", Method = "PUT")]
        public int One() => 1;
    }

    public class EmptyPath : BaseJob
    {
        [JobEndpoint("/")]
        public int One() => 1;
    }

    public class BadPath : BaseJob
    {
        [JobEndpoint("/a/{x")]
        public int One() => 1;
    }

    public class UnknownConstraint : BaseJob
    {
        [JobEndpoint("/a/{x:nosuch}")]
        public int One(int x) => x;
    }

    public class RouteWithoutPlace : BaseJob
    {
        [JobEndpoint("/a")]
        public int One([FromRoute] int factor) => factor;
    }

    public class WrongEndpoints : BaseJob
    {
        public string AuxiliaryEndpoints() => "/a";
    }

    public class ListExample : BaseJob
    {
        public object DocsInputExample() => new[] { 1 };
    }

    public class HugeExample : BaseJob
    {
        public Dictionary<string, object> DocsInputExamples() => new() { ["/perform"] = new { text = new string('x', 1024 * 1024) } };
    }

    public class LoopExample : BaseJob
    {
        public object DocsInputExample() => new Loop();
    }

    public class MissingFile : BaseJob
    {
        public Dictionary<string, string> StaticEndpoints() => new() { ["a"] = "nowhere.txt" };
    }

    public class OddStaticPath : BaseJob
    {
        public Dictionary<string, string> StaticEndpoints() => new() { ["a?b"] = Environment.ProcessPath! };
    }

    public class StaticTwice : BaseJob
    {
        [JobEndpoint("/a", Method = "GET")]
        public int One() => 1;

        public Dictionary<string, string> StaticEndpoints() => new() { ["a"] = Environment.ProcessPath! };
    }

    public class ThrowingWebview : BaseJob
    {
        public void ConfigureWebview(IApplicationBuilder app, string baseUrl) => throw new InvalidOperationException("no pages today");
    }

    public class NullWebview : BaseJob
    {
        public object WebviewApp(string baseUrl) => "no delegate";
    }

    public class WrongHealth : BaseJob
    {
        public Task<bool> CheckHealthAsync() => Task.FromResult(true);
    }

    public class WrongExtra : BaseJob
    {
        [JobEndpoint("/a")]
        public int One([ExtraArguments] List<JsonElement> rest) => rest.Count;
    }

    public class InstanceServices : BaseJob
    {
        public void ConfigureServices(IServiceCollection services, Microsoft.Extensions.Configuration.IConfiguration configuration) =>
            services.Clear();
    }
}
