using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace JobRunner.Samples.Tests;

public sealed class AuxiliaryEndpointsTests
{
    [Fact]
    public async Task Perform_and_an_attributed_endpoint_agree()
    {
        await using var server = await SampleServer.StartAsync<FlatPrice>("AuxiliaryEndpoints");
        var price = await server.ResultOfAsync("/perform", new { area = 52.5, rooms = 2 });
        var parts = await server.ResultOfAsync("/explain", new { area = 52.5, rooms = 2 });
        price.GetDouble().ShouldBe(187_750);
        (parts.GetProperty("area").GetDouble() + parts.GetProperty("rooms").GetDouble()).ShouldBe(price.GetDouble());
    }

    [Fact]
    public async Task A_get_endpoint_takes_its_arguments_from_path_and_query()
    {
        await using var server = await SampleServer.StartAsync<FlatPrice>("AuxiliaryEndpoints");
        (await server.Client.GetFromJsonAsync<double>("/api/v1/rent/180000?years=10")).ShouldBe(1500);
        (await server.Client.GetFromJsonAsync<double>("/api/v1/rent/180000")).ShouldBe(600);
    }

    [Fact]
    public async Task A_listed_handler_takes_a_list_of_objects()
    {
        await using var server = await SampleServer.StartAsync<FlatPrice>("AuxiliaryEndpoints");
        var offer = await server.ResultOfAsync("/cheapest", new
        {
            flats = new[] { new Flat("Harbour Street 4", 52.5, 2), new Flat("Mill Lane 11", 48, 3) },
        });
        offer.GetProperty("flat").GetProperty("address").GetString().ShouldBe("Mill Lane 11");
    }

    [Theory]
    [InlineData("/perform", """{"area": 5}""", "area")]
    [InlineData("/perform", """{"area": 50, "rooms": 0}""", "rooms")]
    [InlineData("/cheapest", """{"flats": []}""", "flats")]
    public async Task A_value_out_of_range_is_refused_by_name(string path, string payload, string argument)
    {
        await using var server = await SampleServer.StartAsync<FlatPrice>("AuxiliaryEndpoints");
        using var response = await server.CallAsync(path, JsonSerializer.Deserialize<JsonElement>(payload));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain($"'{argument}'");
    }
}
