using System.Collections.Immutable;
using System.Text.Json;
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

    [Fact]
    public async Task A_default_that_JSON_has_no_word_for_is_null_in_the_documentation()
    {
        await using var host = await TestHost.ServeAsync(new OddDefaults());

        var document = await host.GetAsync("/openapi.json");
        document.Status.ShouldBe(200, document.Body);
        (await host.GetAsync("/api/v1/parameters")).Json.AsArray()
            .Select(parameter => $"{parameter!["name"]}={parameter["default_value"]?.ToJsonString()}")
            .ShouldBe(["anything=", "none=", "point={\"x\":0}"]);
        (await host.CallAsync("/perform", "{}")).Body.ShouldBe("\"Undefined True 0\"");
    }

    [Theory]
    [InlineData("/perform")]
    [InlineData("/silent")]
    public async Task An_exception_that_cannot_say_what_is_wrong_fails_its_call_alone(string path)
    {
        await using var host = await TestHost.ServeAsync(new SpeechlessJob(), "jobtype_extra:\n  store: 'memory:'\n");

        var answer = await host.CallAsync(path, "{}");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/pub/async/new/job/a/b/api/v1{path}");
        var started = await host.SendAsync(request);
        var polled = await host.GetAsync($"/pub/async/task/{started.Json["task_id"]}/poll");

        (answer.Status, answer.Error).ShouldBe((418, $"{answer.Json["type"]}, whose message cannot be read"));
        (polled.Status, polled.Body).ShouldBe((418, answer.Body));
    }

    [Fact]
    public async Task A_constructor_whose_exception_cannot_say_what_is_wrong_fails_the_load()
    {
        (await TestHost.LoadErrorOfAsync(typeof(SpeechlessFromTheStart)))
            .ShouldStartWith("Initialization error: SpeechlessException, whose message cannot be read (HostileJobTests.SpeechlessException at ");
    }

    [Theory]
    [InlineData(typeof(TakesAction), "Action")]
    [InlineData(typeof(TakesType), "Type")]
    public async Task A_parameter_that_no_JSON_can_fill_fails_the_load(Type job, string type)
    {
        (await TestHost.LoadErrorOfAsync(Activator.CreateInstance(job)!))
            .ShouldContain($"the parameter 'value' is of type {type}, which cannot be read from JSON");
    }

    public sealed class TakesAction
    {
        public int Perform(Action value) => value is null ? 0 : 1;
    }

    public sealed class TakesType
    {
        public int Perform(Type value) => value is null ? 0 : 1;
    }

    public sealed class SpeechlessFromTheStart
    {
        public SpeechlessFromTheStart() => throw new SpeechlessException();

        public int Perform() => 1;
    }

    public readonly record struct OddPoint(int X);

    public sealed class OddDefaults
    {
        public string Perform(JsonElement anything = default, ImmutableArray<int> none = default, OddPoint point = default) =>
            $"{anything.ValueKind} {none.IsDefault} {point.X}";
    }

    public sealed class SpeechlessJob
    {
        public int Perform() => throw new SpeechlessException();

        [JobEndpoint("/silent")]
        public int Silent() => throw new SilentException();
    }

    [JobError(418)]
    public sealed class SpeechlessException : Exception
    {
        public override string Message => throw new InvalidOperationException("no words");

        public override string ToString() => throw new InvalidOperationException("none at all");
    }

    [JobError(418)]
    public sealed class SilentException : Exception
    {
        public override string Message => null!;
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
