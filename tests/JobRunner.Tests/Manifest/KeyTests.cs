using JobRunner.Manifest;
using Shouldly;
using Xunit;
using static JobRunner.Tests.Manifest.ManifestText;

namespace JobRunner.Tests.Manifest;

public sealed class KeyTests
{
    [Fact]
    public void Every_top_level_key_is_typed()
    {
        var manifest = Load("""
            name: primer
            version: 1.10
            owner_email: me@example.org
            jobtype: dotnet:latest
            git: {remote: https://example.org/x.git, branch: main, directory: sub, added_later: 1}
            runtime_env: {PORT: 8080, FLAG: yes, NOTHING: , QUOTED: "a: b"}
            secret_runtime_env_file: .env
            build_env: {A: b}
            public_endpoints: [/api/v1/perform, health]
            resources: {memory_min: 256Mi, cpu_max: 2}
            replicas: 3
            labels: {team: numbers, tier: 1, tags: [a, true, null]}
            """);

        manifest.Name.ShouldBe("primer");
        manifest.Version.ShouldBe("1.10");
        manifest.OwnerEmail.ShouldBe("me@example.org");
        manifest.JobType.ShouldBe("dotnet:latest");
        manifest.Git.ShouldBe(new GitSource { Remote = "https://example.org/x.git", Branch = "main", Directory = "sub" });
        manifest.RuntimeEnv.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["PORT"] = "8080", ["FLAG"] = "yes", ["NOTHING"] = "", ["QUOTED"] = "a: b" }, ignoreOrder: true);
        manifest.SecretRuntimeEnvFile.ShouldBe(".env");
        manifest.BuildEnv["A"].ShouldBe("b");
        manifest.PublicEndpoints.ShouldBe(["/api/v1/perform", "/health"]);
        manifest.Resources.ShouldBe(new ResourceRequest { MemoryMin = "256Mi", CpuMax = "2" });
        manifest.Replicas.ShouldBe(3);
        manifest.Labels["tier"].ShouldBe(1L);
        manifest.Labels["tags"].ShouldBeAssignableTo<IEnumerable<object?>>().ShouldBe(["a", true, null]);
        manifest.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Every_key_of_jobtype_extra_is_read()
    {
        var extra = Extra("""
            home_page: /api/v1/webview
            max_concurrency: 4
            max_concurrency_queue: 0
            timeout: 30
            max_body_size: 512k
            cors_origins: ["https://a.example", "http://localhost:3000"]
            shutdown_delay: 0
            shutdown_grace: 1m
            unknown_arguments: ignore
            named_floats: yes
            store: redis://:secret@cache:6380/2
            task_timeout: 1d
            task_retention: 90m
            failed_retention: 365d
            max_queued_tasks: 5
            max_interruptions: 0
            webhook_hosts: [hooks.example.org]
            dashboard: read-only
            executor: isolated
            queues: [{url: "memory:"}]
            """);

        extra.HomePage.ShouldBe("/api/v1/webview");
        extra.MaxConcurrency.ShouldBe(4);
        extra.MaxConcurrencyQueue.ShouldBe(0);
        extra.Timeout.ShouldBe(TimeSpan.FromSeconds(30));
        extra.MaxBodySize.ShouldBe(512 * 1024);
        extra.CorsOrigins.ShouldBe(["https://a.example", "http://localhost:3000"]);
        extra.ShutdownDelay.ShouldBe(TimeSpan.Zero);
        extra.ShutdownGrace.ShouldBe(TimeSpan.FromMinutes(1));
        extra.UnknownArguments.ShouldBe(UnknownArguments.Ignore);
        extra.NamedFloats.ShouldBeTrue();
        extra.Store.Password.ShouldBe("secret");
        extra.Store.Path.ShouldBe("2");
        extra.TaskTimeout.ShouldBe(TimeSpan.FromDays(1));
        extra.TaskRetention.ShouldBe(TimeSpan.FromMinutes(90));
        extra.FailedRetention.ShouldBe(TimeSpan.FromDays(365));
        extra.MaxQueuedTasks.ShouldBe(5);
        extra.MaxInterruptions.ShouldBe(0);
        extra.WebhookHosts.ShouldBe(["hooks.example.org"]);
        extra.Dashboard.ShouldBe(DashboardMode.ReadOnly);
        extra.Executor.Kind.ShouldBe(ExecutorKind.Isolated);
        extra.Queues.Count.ShouldBe(1);
    }

    [Fact]
    public void Every_key_of_an_executor_is_read()
    {
        var executor = Executor("""
            kind: container
            timeout: 90s
            max_output: 2m
            env: {TOKEN: "${TOKEN}"}
            pool_size: 2
            max_pool_size: 8
            max_calls_per_process: 100
            max_memory: 1g
            command: [python3, run.py, "{number}"]
            methods: {resize: [convert, "{file}"]}
            result: file:out.json
            working_dir: work
            kill_grace: 500ms
            user: nobody
            group: 100
            allow_options: true
            limits: {memory: 1g, cpu: 30s, files: 64, processes: 8}
            artifacts: {store: /mnt, input: in.zip, output: out, max_unpacked: 1g}
            image: python:3.12
            allowed_images: ["python:*"]
            pull: never
            network: bridge
            read_only: off
            memory: 1g
            cpus: 0.5
            pids: 10
            tmp_size: 1m
            capabilities: [NET_ADMIN]
            container_user: 1000
            mounts: [{source: data, target: /data}, {source: /x, target: /y, read_only: false}]
            trace: true
            install: true
            warm: 2
            max_containers: 9
            """, ("TOKEN", "s3cret"), ("MAX_CONTAINERS", "3"));

        executor.Kind.ShouldBe(ExecutorKind.Container);
        executor.Timeout.ShouldBe(TimeSpan.FromSeconds(90));
        executor.MaxOutput.ShouldBe(2 << 20);
        executor.Env["TOKEN"].ShouldBe("s3cret");
        (executor.PoolSize, executor.MaxPoolSize, executor.MaxCallsPerProcess).ShouldBe((2, 8, 100));
        executor.MaxMemory.ShouldBe(1L << 30);
        executor.Command.ShouldBe(["python3", "run.py", "{number}"]);
        executor.Methods["resize"].ShouldBe(["convert", "{file}"]);
        executor.ResultFile.ShouldBe("out.json");
        executor.WorkingDir.ShouldBe("work");
        executor.KillGrace.ShouldBe(TimeSpan.FromMilliseconds(500));
        (executor.User, executor.Group, executor.AllowOptions).ShouldBe(("nobody", "100", true));
        executor.Limits.ShouldBe(new ProcessLimits { Memory = 1L << 30, Cpu = TimeSpan.FromSeconds(30), Files = 64, Processes = 8 });
        executor.Artifacts.ShouldBe(new ArtifactOptions { Store = "/mnt", Input = "in.zip", Output = "out", MaxUnpacked = 1L << 30 });
        (executor.Image, executor.Pull, executor.Network, executor.ReadOnly).ShouldBe(("python:3.12", ImagePull.Never, "bridge", false));
        executor.AllowedImages.ShouldBe(["python:*"]);
        (executor.Memory, executor.Cpus, executor.Pids, executor.TmpSize).ShouldBe((1L << 30, 0.5, 10, 1L << 20));
        executor.Capabilities.ShouldBe(["NET_ADMIN"]);
        executor.ContainerUser.ShouldBe("1000");
        executor.Mounts.ShouldBe([
            new MountOptions { Source = "data", Target = "/data" },
            new MountOptions { Source = "/x", Target = "/y", ReadOnly = false }]);
        (executor.Trace, executor.Install, executor.Warm, executor.MaxContainers).ShouldBe((true, true, 2, 9));
    }

    [Fact]
    public void The_environment_fills_in_what_an_executor_leaves_out()
    {
        (string, string)[] environment = [("MAX_CONTAINERS", "7"), ("ARTIFACT_STORE", "/mnt/store")];

        foreach (var executor in new[] { Load("", environment).Extra.Executor, Extra("executor: container", environment).Executor, Executor("artifacts: {input: x.zip}", environment) })
        {
            executor.MaxContainers.ShouldBe(7);
            executor.Artifacts.Store.ShouldBe("/mnt/store");
        }

        Failure("", ("MAX_CONTAINERS", "many")).ShouldBe("environment: MAX_CONTAINERS is \"many\" but must be a whole number from 1 to 2147483647.");
    }

    [Theory]
    [InlineData("on", DashboardMode.On)]
    [InlineData("On", DashboardMode.On)]
    [InlineData("true", DashboardMode.On)]
    [InlineData("off", DashboardMode.Off)]
    [InlineData("no", DashboardMode.Off)]
    [InlineData("\"off\"", DashboardMode.Off)]
    [InlineData("read-only", DashboardMode.ReadOnly)]
    [InlineData("", DashboardMode.On)]
    public void A_dashboard_mode_survives_the_flags_of_yaml_1_1(string text, DashboardMode expected) =>
        Extra($"dashboard: {text}").Dashboard.ShouldBe(expected);

    [Theory]
    [InlineData("max_concurrency: 0")]
    [InlineData("max_concurrency: null")]
    [InlineData("max_concurrency:")]
    [InlineData("timeout: 0s")]
    [InlineData("timeout: ~")]
    public void Zero_and_null_mean_no_cap_and_no_timeout(string text)
    {
        Extra(text).MaxConcurrency.ShouldBeNull();
        Extra(text).Timeout.ShouldBeNull();
    }

    [Theory]
    [InlineData("", "", "", "JOB_NAME", "JOB_VERSION")]
    [InlineData("name: a\nversion: 1.0", "", "", "a", "1.0")]
    [InlineData("name: a\nversion: 1.0", "b", "2", "b", "2")]
    public void The_environment_gives_the_identity_before_the_manifest(string text, string jobName, string jobVersion, string name, string version) =>
        JobIdentity.Of(Load(text), Variables(("JOB_NAME", jobName), ("JOB_VERSION", jobVersion))).ShouldBe(new JobIdentity(name, version));

    [Fact]
    public void An_unknown_top_level_key_is_kept_and_ignored()
    {
        var manifest = Load("lang: dotnet\nsystem_dependencies: [curl, 7]\n");

        manifest.Unknown["lang"].ShouldBe("dotnet");
        manifest.Unknown["system_dependencies"].ShouldBeAssignableTo<IEnumerable<object?>>().ShouldBe(["curl", 7L]);
        manifest.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void An_unknown_key_in_jobtype_extra_is_a_warning_that_names_the_nearest() =>
        Load("jobtype_extra:\n  max_concurency: 3\n").Warnings.ShouldHaveSingleItem().ShouldBe(
            "job.yaml: jobtype_extra.max_concurency is no known key (the nearest is \"max_concurrency\") and ignored (line 2, column 3).");

    [Theory]
    [InlineData("queues: [{url: 'memory:', formt: job}]", "jobtype_extra.queues[0].formt is no known key (the nearest is \"format\")")]
    [InlineData("executor: {knd: process}", "jobtype_extra.executor.knd is no known key (the nearest is \"kind\")")]
    [InlineData("executor: {limits: {cpus: 1}}", "jobtype_extra.executor.limits.cpus is no known key (the nearest is \"cpu\")")]
    [InlineData("executor: {artifacts: {in: x}}", "jobtype_extra.executor.artifacts.in is no known key (the nearest is \"input\")")]
    [InlineData("executor: {mounts: [{source: a, target: /b, readonly: true}]}", "jobtype_extra.executor.mounts[0].readonly is no known key (the nearest is \"read_only\")")]
    [InlineData("queues: [{url: 'memory:', executor: {pids_: 1}}]", "jobtype_extra.queues[0].executor.pids_ is no known key (the nearest is \"pids\")")]
    public void An_unknown_key_in_queues_or_executor_fails_the_load(string text, string sentence) =>
        ExtraFailure(text).ShouldContain(sentence);
}
