using System.Text.Json;

namespace JobRunner.Samples.Tests.OpenApi;

public sealed class OpenApiDocumentTests
{
    [Fact]
    public async Task Arguments_have_their_types_rules_defaults_and_descriptions()
    {
        var schema = Body(await DocumentAsync<FlatPrice>("AuxiliaryEndpoints"), "/api/v1/perform").GetProperty("schema");
        var rooms = schema.GetProperty("properties").GetProperty("rooms");
        rooms.GetProperty("type").GetString().ShouldBe("integer");
        rooms.GetProperty("minimum").GetInt32().ShouldBe(1);
        rooms.GetProperty("maximum").GetInt32().ShouldBe(20);
        rooms.GetProperty("default").GetInt32().ShouldBe(2);
        rooms.GetProperty("description").GetString().ShouldBe("Number of rooms.");
        schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()).ShouldBe(["area"]);
    }

    [Fact]
    public async Task An_endpoint_shows_its_example_and_its_result()
    {
        var document = await DocumentAsync<FlatPrice>("AuxiliaryEndpoints");
        Body(document, "/api/v1/cheapest").GetProperty("example").GetProperty("flats").GetArrayLength().ShouldBe(2);
        var result = Response(document, "/api/v1/cheapest", "200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        var name = result.GetProperty("$ref").GetString().ShouldNotBeNull().Split('/')[^1];
        document.GetProperty("components").GetProperty("schemas").GetProperty(name)
            .GetProperty("properties").GetProperty("price").GetProperty("description").GetString()
            .ShouldBe("The estimated price in euros.");
    }

    [Fact]
    public async Task A_full_gate_is_described_with_its_header()
    {
        var busy = Response(await DocumentAsync<Job>("Primer"), "/api/v1/perform", "429");
        busy.GetProperty("headers").TryGetProperty("Retry-After", out _).ShouldBeTrue();
        busy.GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString()
            .ShouldBe("#/components/schemas/Error");
    }

    [Fact]
    public async Task A_file_is_binary_in_a_form()
    {
        var body = (await DocumentAsync<TextFiles>("Files")).GetProperty("paths").GetProperty("/api/v1/perform").GetProperty("post").GetProperty("requestBody");
        body.GetProperty("content").GetProperty("multipart/form-data").GetProperty("schema")
            .GetProperty("properties").GetProperty("file").GetProperty("format").GetString().ShouldBe("binary");
    }

    [Fact]
    public async Task A_stream_is_described_in_both_its_forms()
    {
        var content = Response(await DocumentAsync<Collatz>("Streaming"), "/api/v1/perform", "200").GetProperty("content");
        content.GetProperty("application/json").GetProperty("schema").GetProperty("type").GetString().ShouldBe("array");
        content.TryGetProperty("text/event-stream", out _).ShouldBeTrue();
    }

    private static async Task<JsonElement> DocumentAsync<TJob>(string folder)
        where TJob : class
    {
        await using var server = await SampleServer.StartAsync<TJob>(folder);
        return JsonSerializer.Deserialize<JsonElement>(await server.Client.GetStringAsync("/openapi.json"));
    }

    private static JsonElement Operation(JsonElement document, string path) =>
        document.GetProperty("paths").GetProperty(path).GetProperty("post");

    private static JsonElement Body(JsonElement document, string path) =>
        Operation(document, path).GetProperty("requestBody").GetProperty("content").GetProperty("application/json");

    private static JsonElement Response(JsonElement document, string path, string status) =>
        Operation(document, path).GetProperty("responses").GetProperty(status);
}
