namespace JobRunner.Tests.Clients;

/// <summary>A chained asynchronous call, served by the asynchronous endpoints of another host.</summary>
public sealed class ChainedTaskEndToEndTests
{
    [Fact]
    public async Task A_task_of_another_job_is_started_and_its_result_waited_for()
    {
        await using var hosts = await ChainedHosts.StartAsync();

        var sum = await hosts.Client.CallTaskAsync<ChainedHosts.Sum>(
            "target", new { a = 1, b = 2 }, new JobCallOptions { Path = "/api/v1/add" });

        sum.Total.ShouldBe(3);
    }

    [Fact]
    public async Task The_failure_of_that_task_is_an_error_that_names_both_jobs()
    {
        await using var hosts = await ChainedHosts.StartAsync();

        var error = await Should.ThrowAsync<JobCallException>(() => hosts.Client.CallTaskAsync<object>(
            "target", new { }, new JobCallOptions { Path = "/api/v1/fail" }));

        error.Message.ShouldContain("target");
        error.Message.ShouldContain("the number is odd");
    }
}
