using JobRunner.Execution;
using JobRunner.Hosting;
using JobRunner.Tests.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobRunner.Tests.Queues;

/// <summary>Clients of queues, as applications get them from dependency injection.</summary>
public sealed class JobQueueClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-client-").FullName;

    private string Url => $"sqlite:{_folder}/tasks.db?queue=math";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_console_application_puts_and_a_host_elsewhere_answers()
    {
        await using var worker = await ServeAsync(Url);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddJobQueueClient(Url).AddSingleton<Shop>();
        using var application = builder.Build();

        (await application.Services.GetRequiredService<Shop>().DoubleAsync(21)).ShouldBe(42);
    }

    [Fact]
    public async Task A_web_application_takes_a_client_in_an_endpoint()
    {
        await using var worker = await ServeAsync(Url);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddJobQueueClient(Url);
        await using var application = builder.Build();
        application.MapGet("/double/{number:int}", async (int number, JobQueueClient queue, HttpContext http) =>
            await queue.WaitAsync<int>(await queue.PutAsync("/perform", new { number }, cancellationToken: http.RequestAborted), http.RequestAborted));
        await application.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient();

        (await client.GetStringAsync($"{application.Urls.First()}/double/4", TestContext.Current.CancellationToken)).ShouldBe("8");
    }

    [Fact]
    public async Task Several_clients_are_told_apart_by_key()
    {
        await using var services = new ServiceCollection()
            .AddKeyedJobQueueClient("math", Url)
            .AddKeyedJobQueueClient("mail", "memory:?queue=mail")
            .AddSingleton<Office>()
            .BuildServiceProvider();

        var office = services.GetRequiredService<Office>();

        (office.Math.Name, office.Mail.Name).ShouldBe(("math", "mail"));
        services.GetService<JobQueueClient>().ShouldBeNull();
    }

    [Fact]
    public async Task A_job_puts_into_the_queue_that_its_host_works_on()
    {
        await using var host = await TestHost.ServeAsync(typeof(Countdown), Manifest(Url));

        (await host.CallAsync("/perform", """{"number": 3}""")).Status.ShouldBe(200);

        host.Services.GetRequiredService<JobQueueClient>().Name.ShouldBe("math");
        var store = host.Services.GetRequiredService<ITaskStore>();
        var completed = 0;
        await Execution.Eventually.TrueAsync(
            async () => (completed = (await store.ListAsync(new TaskQuery { Status = TaskState.Completed, Queue = "math" }, CancellationToken.None)).Tasks.Count) == 3,
            () => $"{completed} completed");
    }

    [Fact]
    public async Task A_host_of_several_queues_asks_which_one_is_meant()
    {
        await using var host = await TestHost.StartAsync(
            JobSources.Of(typeof(Countdown)), Manifest(Url, $"sqlite:{_folder}/tasks.db?queue=mail"));
        var served = host.Services.GetRequiredService<ServedJob>();

        await Should.ThrowAsync<JobLoadException>(() => served.WhenReady.WaitAsync(TestHost.Patience));

        served.Error.ShouldBe(
            "A JobQueueClient was asked for, but this host works on 2 queues; say which one is meant: services.AddJobQueueClient(url).");
    }

    [Fact]
    public async Task A_client_that_the_application_adds_wins_over_the_hosts_own()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddJob<QueueJob>(options => options.Manifest = JobManifest.Empty);
        builder.Services.AddJobQueueClient("memory:?queue=other");
        await using var application = builder.Build();

        application.Services.GetRequiredService<JobQueueClient>().Name.ShouldBe("other");
    }

    [Fact]
    public void A_wrong_url_is_told_where_it_is_added()
    {
        Should.Throw<ManifestException>(() => new ServiceCollection().AddJobQueueClient("foo://x")).Message.ShouldContain("begins with sqlite:");
        Should.Throw<ManifestException>(() => new ServiceCollection().AddKeyedJobQueueClient("key", "memory:?colour=red"))
            .Message.ShouldContain("colour");
    }

    [Theory]
    [InlineData("redis://127.0.0.1", "Add the package JobRunner.Redis and call services.AddRedisQueues().")]
    [InlineData("nats://127.0.0.1", "Add the package JobRunner.Nats and call services.AddNatsQueues().")]
    [InlineData("amqp://127.0.0.1", "Add the package JobRunner.RabbitMq and call services.AddRabbitMqQueues().")]
    public async Task A_transport_that_is_not_there_is_told_with_what_to_add(string url, string advice)
    {
        await using var services = new ServiceCollection().AddJobQueueClient(url).BuildServiceProvider();

        Should.Throw<JobLoadException>(() => services.GetRequiredService<JobQueueClient>()).Message.ShouldEndWith(advice);
    }

    private Task<TestHost> ServeAsync(string url) => TestHost.ServeAsync(new QueueJob(), Manifest(url));

    private string Manifest(params string[] urls) =>
        $"jobtype_extra:\n  shutdown_delay: 0\n  store: \"sqlite:{_folder}/tasks.db\"\n  queues:\n"
        + string.Concat(urls.Select(url => $"    - url: \"{url}\"\n"));

    public sealed class Shop(JobQueueClient queue)
    {
        public async Task<int> DoubleAsync(int number) => await queue.WaitAsync<int>(await queue.PutAsync("/perform", new { number }));
    }

    public sealed class Office([FromKeyedServices("math")] JobQueueClient math, [FromKeyedServices("mail")] JobQueueClient mail)
    {
        public JobQueueClient Math => math;

        public JobQueueClient Mail => mail;
    }

    public sealed class Countdown(JobQueueClient queue)
    {
        public async Task PerformAsync(int number)
        {
            if (number > 0)
                await queue.PutAsync("/perform", new { number = number - 1 });
        }
    }
}
