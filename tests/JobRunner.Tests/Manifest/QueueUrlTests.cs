using System.Text.Json;
using Shouldly;
using Xunit;
using static JobRunner.Tests.Manifest.ManifestText;

namespace JobRunner.Tests.Manifest;

public sealed class QueueUrlTests
{
    [Theory]
    [InlineData("sqlite:", "sqlite", "", "")]
    [InlineData("sqlite:data/tasks.db?queue=a", "sqlite", "", "data/tasks.db")]
    [InlineData("sqlite:///var/tasks.db", "sqlite", "", "/var/tasks.db")]
    [InlineData("sqlite:/var/my%20tasks.db", "sqlite", "", "/var/my tasks.db")]
    [InlineData("memory:?queue=a", "memory", "", "")]
    [InlineData("redis://cache", "redis", "cache", "")]
    [InlineData("REDIS://cache:6380/2", "redis", "cache:6380", "2")]
    [InlineData("redis://", "redis", "", "")]
    [InlineData("redis:", "redis", "", "")]
    [InlineData("redis://?stream=s", "redis", "", "")]
    [InlineData("rediss://[::1]:6379", "rediss", "[::1]:6379", "")]
    [InlineData("nats://a:4222,b:4223", "nats", "a:4222,b:4223", "")]
    [InlineData("tls://a/", "tls", "a", "")]
    [InlineData("amqp://a,b:5673", "amqp", "a,b:5673", "")]
    [InlineData("amqps://a/%2F", "amqps", "a", "/")]
    [InlineData("amqp://a/my%2Fhost?queue=q", "amqp", "a", "my/host")]
    public void A_url_is_taken_apart(string text, string scheme, string hosts, string path)
    {
        var url = QueueUrl.Parse(text);

        (url.Scheme, string.Join(',', url.Hosts), url.Path).ShouldBe((scheme, hosts, path));
    }

    [Theory]
    [InlineData("redis://u:p@h", "u", "p")]
    [InlineData("redis://:p@h", null, "p")]
    [InlineData("nats://token@h", "token", null)]
    [InlineData("amqp://u%40x:p%2Fq%3A@h", "u@x", "p/q:")]
    [InlineData("redis://:p@q@h", null, "p@q")]
    public void User_information_is_decoded_and_never_shown(string text, string? user, string? password)
    {
        var url = QueueUrl.Parse(text);

        (url.User, url.Password).ShouldBe((user, password));
        url.ToString().ShouldBe($"{url.Scheme}://***@h");
        JsonSerializer.Serialize(url).ShouldNotContain("Password");
    }

    [Theory]
    [InlineData("sqlite:data/tasks.db?queue=a")]
    [InlineData("memory:")]
    [InlineData("redis://cache:6380/2?stream=s&group=g")]
    [InlineData("amqp://a,b:5673/my%2Fhost?queue=q%26r")]
    [InlineData("nats://[::1]:4222")]
    public void A_url_without_user_information_prints_as_it_was(string text) => QueueUrl.Parse(text).ToString().ShouldBe(text);

    [Theory]
    [InlineData("")]
    [InlineData("hunter2")]
    [InlineData("kafka://u:hunter2@h")]
    [InlineData("redis:u:hunter2@h")]
    [InlineData("redis://u:hun/ter2@h")]
    [InlineData("redis://u:hunter2@h:port")]
    [InlineData("redis://u:hunter2@h:0")]
    [InlineData("redis://u:hunter2@h:65536")]
    [InlineData("redis://u:hunter2@a,b")]
    [InlineData("redis://u:hunter2@h/db")]
    [InlineData("redis://u:hunter2@h h")]
    [InlineData("redis://u:hunter2@[::1")]
    [InlineData("redis://u:hunter2@[1.2]")]
    [InlineData("nats://hunter2@h/path")]
    [InlineData("nats://hunter2@h,,i")]
    [InlineData("amqp://u:hunter2@h?queue")]
    [InlineData("amqp://u:hunter2@h?queue=a&queue=b")]
    [InlineData("amqp://u:hunter2@h\n")]
    [InlineData("sqlite://u:hunter2@host")]
    [InlineData("memory:path")]
    public void A_url_that_is_none_fails_without_showing_user_information(string text)
    {
        var message = Should.Throw<FormatException>(() => QueueUrl.Parse(text)).Message;

        message.ShouldContain("but must be");
        if (text.Contains('@', StringComparison.Ordinal)) message.ShouldNotContain("hun");
        ExtraFailure($"queues: [{{url: {JsonSerializer.Serialize(text)}}}]").ShouldContain("jobtype_extra.queues[0].url is \"");
    }

    [Fact]
    public void Every_scalar_key_may_stand_in_the_query_and_wins()
    {
        var queue = Queue("""
            url: redis://h?stream=s&group=g&format=rq&endpoint=/other&executor=process&max_concurrency=2&max_attempts=5&retry_delay=2s&max_retry_delay=1m&visibility_timeout=500ms&dead_letter=dead&results=out&results_spill=%2Ftmp%2Fspill&hash=sidecar&consumer_timeout=1h&max_message_size=1m
            format: job
            max_attempts: 9
            """);

        queue.Url.ToString().ShouldBe("redis://h?stream=s&group=g");
        (queue.Format, queue.Endpoint, queue.Executor?.Kind, queue.MaxConcurrency, queue.MaxAttempts)
            .ShouldBe(("rq", "/other", ExecutorKind.Process, 2, 5));
        (queue.RetryDelay, queue.MaxRetryDelay, queue.VisibilityTimeout, queue.ConsumerTimeout)
            .ShouldBe((TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1)));
        (queue.DeadLetter, queue.Results, queue.ResultsSpill, queue.Hash, queue.MaxMessageSize)
            .ShouldBe(("dead", "out", "/tmp/spill", HashSource.Sidecar, 1L << 20));
    }

    [Theory]
    [InlineData("redis://h?strem=s", "url has the unknown query key \"strem\" (the nearest is \"stream\")")]
    [InlineData("redis://h?subject=s", "url has the unknown query key \"subject\"")]
    [InlineData("sqlite:x?stream=s", "url has the unknown query key \"stream\"")]
    [InlineData("amqp://h?durable=s", "url has the unknown query key \"durable\"")]
    [InlineData("redis://h?functions=s", "url has the unknown query key \"functions\"")]
    [InlineData("redis://h?url=s", "url has the unknown query key \"url\"")]
    [InlineData("redis://h?max_attempts=many", "url?max_attempts is \"many\" but must be a whole number")]
    [InlineData("redis://h?stream=", "url?stream is empty but must be text")]
    [InlineData("nats://h?mode=push", "url?mode is \"push\" but must be one of core, jetstream")]
    public void A_query_that_breaks_a_rule_fails_by_name(string url, string sentence)
    {
        ExtraFailure($"queues: [{{url: '{url}'}}]").ShouldContain("jobtype_extra.queues[0]." + sentence);
        Should.Throw<ManifestException>(() => QueueOptions.FromUrl(url)).Message.ShouldStartWith("queue URL: " + sentence);
    }

    [Theory]
    [InlineData("sqlite:x?queue=a")]
    [InlineData("memory:?queue=a")]
    [InlineData("redis://h?stream=a&group=b&consumer=c")]
    [InlineData("rediss://h?format=rq&queue=high,low")]
    [InlineData("nats://h?stream=a&subject=b&durable=c&group=d&mode=core")]
    [InlineData("tls://h?format=function-spawner&mode=jetstream")]
    [InlineData("amqp://h?queue=a")]
    public void The_transport_s_own_names_stay_with_the_url(string url)
    {
        var queue = QueueOptions.FromUrl(url);

        queue.Url.Parameters.Count.ShouldBe(url.Count(c => c == '=') - (url.Contains("format", StringComparison.Ordinal) ? 1 : 0));
        queue.Url.Parameter("format").ShouldBeNull();
    }

    [Theory]
    [InlineData("memory:", 2)]
    [InlineData("redis://h?format=rq", 1)]
    [InlineData("redis://h?format=rq&max_attempts=4", 4)]
    public void A_foreign_format_has_one_attempt_unless_told_otherwise(string url, int attempts) =>
        QueueOptions.FromUrl(url).MaxAttempts.ShouldBe(attempts);

    [Fact]
    public void A_bare_scheme_needs_no_quotes_although_it_ends_with_a_colon()
    {
        Extra("store: memory:").Store.Scheme.ShouldBe("memory");
        Extra("store: sqlite:   # here").Store.Scheme.ShouldBe("sqlite");
        Extra("queues:\n  - url: memory:\r\n    endpoint: /x\n  - {url: redis:}").Queues.Select(queue => queue.Url.Scheme).ShouldBe(["memory", "redis"]);
        Executor("limits: {memory: 1g}\nmemory: 2g").Memory.ShouldBe(2L << 30);
    }

    [Fact]
    public void A_printed_manifest_shows_no_secret()
    {
        var manifest = Load("""
            runtime_env: {TOKEN: hunter2}
            jobtype_extra:
              store: redis://:hunter2@cache
              executor: {env: {KEY: hunter2}}
              queues: [{url: "nats://hunter2@h"}]
            """);

        manifest.ToString().ShouldNotContain("hunter2");
        manifest.Extra.Queues[0].ToString().ShouldNotContain("hunter2");
    }
}
