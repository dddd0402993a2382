using System.Net;

namespace JobRunner.Samples.Tests;

public sealed class PrimerTests
{
    [Theory]
    [InlineData(7907, true)]
    [InlineData(7908, false)]
    [InlineData(-1, false)]
    public async Task A_number_is_told_to_be_prime_or_not(int number, bool isPrime)
    {
        await using var server = await SampleServer.StartAsync<Job>("Primer");
        (await server.ResultOfAsync("/perform", new { number })).GetBoolean().ShouldBe(isPrime);
    }

    [Fact]
    public async Task A_call_without_a_body_takes_the_example()
    {
        await using var server = await SampleServer.StartAsync<Job>("Primer");
        using var response = await server.Client.PostAsync("/api/v1/perform", content: null);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("true");
    }
}
