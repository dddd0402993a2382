using Shouldly;
using Xunit;
using static JobRunner.Tests.Manifest.ManifestText;

namespace JobRunner.Tests.Manifest;

public sealed class RuleTests
{
    [Fact]
    public void An_error_names_file_key_value_rule_line_and_column()
    {
        var error = Should.Throw<ManifestException>(() => Load("name: x\njobtype_extra:\n  max_concurrency: seven\n"));

        error.Message.ShouldBe("job.yaml: jobtype_extra.max_concurrency is \"seven\" but must be a whole number from 0 to 2147483647 (line 3, column 20).");
        (error.SourceFile, error.Key, error.Line, error.Column).ShouldBe(("job.yaml", "jobtype_extra.max_concurrency", 3, 20));
    }

    [Theory]
    [InlineData("name: [a]", "name is a list but must be text that is not empty (line 1, column 7)")]
    [InlineData("name: ''", "name is \"\" but must be text")]
    [InlineData("version: {a: b}", "version is a mapping but must be text")]
    [InlineData("replicas: two", "replicas is \"two\" but must be a whole number from 0")]
    [InlineData("replicas: -1", "replicas is \"-1\" but")]
    [InlineData("replicas: 1.5", "replicas is \"1.5\" but")]
    [InlineData("git: main", "git is \"main\" but must be a mapping")]
    [InlineData("git: {remote: []}", "git.remote is a list")]
    [InlineData("runtime_env: [A]", "runtime_env is a list but must be a mapping")]
    [InlineData("runtime_env: {A: [1]}", "runtime_env.A is a list but must be text")]
    [InlineData("runtime_env: {'A=B': 1}", "runtime_env is \"A=B\" but must be a variable's name")]
    [InlineData("build_env: x", "build_env is \"x\" but must be a mapping")]
    [InlineData("public_endpoints: /x", "public_endpoints is \"/x\" but must be a list")]
    [InlineData("public_endpoints: ['']", "public_endpoints[0] is \"\" but")]
    [InlineData("resources: 1", "resources is \"1\" but must be a mapping")]
    [InlineData("labels: [a]", "labels is a list but must be a mapping")]
    [InlineData("jobtype_extra: [a]", "jobtype_extra is a list but must be a mapping")]
    public void A_top_level_value_of_the_wrong_type_fails_the_load(string text, string sentence) =>
        Failure(text).ShouldContain(sentence);

    [Theory]
    [InlineData("home_page: docs", "a path that begins with /")]
    [InlineData("max_concurrency: \"7\"", "a whole number from 0")]
    [InlineData("max_concurrency: -1", "a whole number from 0")]
    [InlineData("max_concurrency: 7.0", "a whole number from 0")]
    [InlineData("max_concurrency: 2147483648", "to 2147483647")]
    [InlineData("max_concurrency: 99999999999999999999999", "to 2147483647")]
    [InlineData("max_concurrency: !!str 7", "a whole number from 0")]
    [InlineData("max_concurrency_queue: true", "a whole number from 0")]
    [InlineData("timeout: -1s", "a duration such as")]
    [InlineData("timeout: 5 minutes", "a duration such as")]
    [InlineData("timeout: 50d", "up to 49d")]
    [InlineData("task_timeout: 0", "from 1ms")]
    [InlineData("failed_retention: 36501d", "a duration such as")]
    [InlineData("max_body_size: 100mb", "a size such as")]
    [InlineData("max_body_size: 0", "above 0")]
    [InlineData("cors_origins: '*'", "a list")]
    [InlineData("cors_origins: [example.org]", "an origin such as")]
    [InlineData("cors_origins: [https://example.org/path]", "an origin such as")]
    [InlineData("unknown_arguments: drop", "one of refuse, ignore")]
    [InlineData("named_floats: 1", "true or false")]
    [InlineData("named_floats: 'true'", "true or false")]
    [InlineData("store: postgres://x", "a URL that begins with sqlite:")]
    [InlineData("store: amqp://x", "RabbitMQ keeps no records")]
    [InlineData("store: redis://x?stream=y", "a URL without a query")]
    [InlineData("max_queued_tasks: 0", "a whole number from 1")]
    [InlineData("webhook_hosts: [null]", "text that is not empty")]
    [InlineData("dashboard: readonly", "one of on, read-only, off")]
    [InlineData("executor: docker", "one of in-process, isolated, process, container")]
    [InlineData("executor: [process]", "a mapping")]
    [InlineData("executor: {cpus: 0}", "a number above 0")]
    [InlineData("executor: {cpus: .nan}", "a number above 0")]
    [InlineData("executor: {timeout: 0}", "from 1ms")]
    [InlineData("executor: {pool_size: 4, max_pool_size: 2}", "at least the pool_size of 4")]
    [InlineData("executor: {command: ls -l}", "a list")]
    [InlineData("executor: {command: [echo, {argument}]}", "quote it")]
    [InlineData("executor: {methods: {a: b}}", "a list")]
    [InlineData("executor: {result: file}", "stdout or file:PATH")]
    [InlineData("executor: {pull: sometimes}", "one of missing, always, never")]
    [InlineData("executor: {mounts: [{source: a, target: b}]}", "a path that begins with /")]
    [InlineData("executor: {mounts: [{target: /b}]}", "mounts[0].source is missing")]
    [InlineData("executor: {mounts: [{source: a}]}", "mounts[0].target is missing")]
    [InlineData("executor: {max_containers: 0}", "a whole number from 1")]
    [InlineData("queues: {url: 'memory:'}", "a list")]
    [InlineData("queues: ['memory:']", "a mapping")]
    [InlineData("queues: [{format: job}]", "queues[0].url is missing")]
    [InlineData("queues: [{url: null}]", "queues[0].url is missing")]
    [InlineData("queues: [{url: 'memory:', format: celery}]", "one of job, rq, executer-tracker, function-spawner, tasker")]
    [InlineData("queues: [{url: 'memory:', endpoint: perform}]", "a path that begins with /")]
    [InlineData("queues: [{url: 'memory:', max_concurrency: 0}]", "a whole number from 1")]
    [InlineData("queues: [{url: 'memory:', max_attempts: 0}]", "a whole number from 1")]
    [InlineData("queues: [{url: 'memory:', visibility_timeout: 0}]", "from 1ms")]
    [InlineData("queues: [{url: 'memory:', hash: md5}]", "one of content, sidecar")]
    [InlineData("queues: [{url: 'memory:', functions: {a: b}}]", "functions.a is \"b\"")]
    [InlineData("queues: [{url: 'memory:', format: rq}]", "has the format rq, which works over redis: and not over memory:")]
    [InlineData("queues: [{url: 'redis://x', format: tasker}]", "has the format tasker, which works over amqp: and not over redis:")]
    public void A_value_that_breaks_a_rule_fails_the_load(string text, string rule)
    {
        var message = ExtraFailure(text);

        message.ShouldContain(rule);
        message.ShouldStartWith("job.yaml: jobtype_extra.");
        message.ShouldMatch(@" \(line 2, column \d+\)\.$");
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("7", 7_000)]
    [InlineData("0.25", 250)]
    [InlineData("\"90\"", 90_000)]
    public void A_duration_has_a_unit_or_is_in_seconds(string text, int milliseconds) =>
        Extra($"shutdown_grace: {text}").ShutdownGrace.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData("512k", 512L << 10)]
    [InlineData("100m", 100L << 20)]
    [InlineData("2g", 2L << 30)]
    [InlineData("2G", 2L << 30)]
    [InlineData("1000", 1000)]
    public void A_size_has_a_unit_or_is_in_bytes(string text, long bytes) =>
        Extra($"max_body_size: {text}").MaxBodySize.ShouldBe(bytes);

    [Theory]
    [InlineData("9999999999999g")]
    [InlineData("1.5g")]
    [InlineData("g")]
    [InlineData("-1k")]
    [InlineData("1 k")]
    [InlineData("+1")]
    [InlineData("0x10")]
    public void A_size_that_is_none_fails_the_load(string text) =>
        ExtraFailure($"max_body_size: {text}").ShouldContain($"is \"{text}\" but must be a size");

    [Theory]
    [InlineData("1w")]
    [InlineData("s")]
    [InlineData("1e3")]
    [InlineData("1,5s")]
    [InlineData("5M")]
    [InlineData(".5s")]
    [InlineData("99999999999999999999999999999999s")]
    [InlineData("[5s]")]
    public void A_duration_that_is_none_fails_the_load(string text) =>
        ExtraFailure($"timeout: {text}").ShouldContain("but must be a duration");
}
