using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>What <c>/openapi.json</c> says of a job.</summary>
public sealed class OpenApiTests(ServedFixture<EchoJob> echo, ServedClassFixture<ParameterJob> calls, ServedFixture<ResultJob> results)
    : IClassFixture<ServedFixture<EchoJob>>, IClassFixture<ServedClassFixture<ParameterJob>>, IClassFixture<ServedFixture<ResultJob>>
{
    [Fact]
    public async Task The_document_names_job_servers_and_key()
    {
        var document = await DocumentAsync(calls.Host);

        ((string)document["openapi"]!).ShouldStartWith("3.");
        ((string)document["info"]!["title"]!, (string)document["info"]!["version"]!).ShouldBe(("Job - JOB_NAME", "JOB_VERSION"));
        document["servers"]!.AsArray().Select(server => (string)server!["url"]!).ShouldBe(["/pub/job/JOB_NAME/JOB_VERSION", "/"]);
        var key = document["components"]!["securitySchemes"]!.AsObject().Single().Value!;
        ((string)key["type"]!, (string)key["in"]!, (string)key["name"]!).ShouldBe(("apiKey", "header", "X-Racetrack-Auth"));
    }

    [Fact]
    public async Task Every_reference_leads_somewhere_and_every_operation_has_its_own_id()
    {
        foreach (var host in new[] { echo.Host, calls.Host, results.Host })
        {
            var document = await DocumentAsync(host);
            foreach (var reference in References(document))
                Find(document, reference).ShouldNotBeNull(reference);
            var ids = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => (string)operation.Value!["operationId"]!).ToList();
            ids.ShouldBeUnique();
        }
    }

    [Theory]
    [InlineData("int", """{"type":"integer","format":"int32"}""")]
    [InlineData("int?", """{"type":["integer","null"],"format":"int32"}""")]
    [InlineData("long", """{"type":"integer","format":"int64"}""")]
    [InlineData("big", """{"type":"integer"}""")]
    [InlineData("double", """{"type":"number","format":"double"}""")]
    [InlineData("double?", """{"type":["number","null"],"format":"double"}""")]
    [InlineData("decimal", """{"type":"number"}""")]
    [InlineData("bool", """{"type":"boolean"}""")]
    [InlineData("string", """{"type":"string"}""")]
    [InlineData("string?", """{"type":["string","null"]}""")]
    [InlineData("colour", """{"type":"string","enum":["Red","DarkGreen"]}""")]
    [InlineData("date-time", """{"type":"string","format":"date-time"}""")]
    [InlineData("date", """{"type":"string","format":"date"}""")]
    [InlineData("guid", """{"type":"string","format":"uuid"}""")]
    [InlineData("bytes", """{"type":"string","format":"byte"}""")]
    [InlineData("list", """{"type":"array","items":{"type":"string"}}""")]
    [InlineData("matrix", """{"type":"array","items":{"type":"array","items":{"type":"number","format":"double"}}}""")]
    [InlineData("points-matrix", """{"type":"array","items":{"type":"array","items":{"$ref":"#/components/schemas/Person"}}}""")]
    [InlineData("people", """{"type":"array","items":{"$ref":"#/components/schemas/Person"}}""")]
    [InlineData("person", """{"$ref":"#/components/schemas/Person"}""")]
    public async Task A_parameter_has_the_schema_of_its_type(string kind, string schema)
    {
        var path = $"/{kind.Replace("?", "-or-null", StringComparison.Ordinal)}";

        var body = BodySchema(await DocumentAsync(echo.Host), path);

        ShouldBeJson(body["properties"]!["value"], schema);
        body["required"]!.AsArray().Select(name => (string)name!).ShouldBe(["value"]);
        ((bool)body["additionalProperties"]!).ShouldBeFalse();
    }

    [Theory]
    [InlineData("number", """{"type":"integer","format":"int32","minimum":1,"maximum":10,"default":5}""")]
    [InlineData("text", """{"type":"string","minLength":2,"maxLength":5,"default":"ab"}""")]
    [InlineData("word", """{"type":"string","pattern":"^(?:[a-z]+)$","default":"a"}""")]
    [InlineData("letter", """{"type":"string","enum":["x","y"],"default":"x"}""")]
    public async Task A_rule_is_in_the_schema(string parameter, string schema) =>
        ShouldBeJson(BodySchema(await DocumentAsync(calls.Host), "/rules")["properties"]![parameter], schema);

    [Fact]
    public async Task Examples_queries_headers_routes_and_forms_are_described()
    {
        var document = await DocumentAsync(calls.Host);

        ShouldBeJson(Operation(document, "/perform")["requestBody"]!["content"]!["application/json"]!["example"], """{"firstName":"Ada","count":3}""");
        ShouldBeJson(Operation(document, "/multiply/{factor}")["requestBody"]!["content"]!["application/json"]!["example"], """{"number":2.5}""");
        var search = Operation(document, "/search", "get")["parameters"]!.AsArray();
        search.Select(parameter => $"{parameter!["in"]} {parameter["name"]} {parameter["required"]}").ShouldBe(
            ["query text true", "query page_size false", "header X-Mood false", "query ids false", "query colour false", "query deep false"]);
        Operation(document, "/square/{number}", "get")["parameters"]!.AsArray().Select(parameter => $"{parameter!["in"]} {parameter["name"]}").ShouldBe(["path number"]);
        var form = Operation(document, "/file")["requestBody"]!["content"]!["multipart/form-data"]!["schema"]!["properties"]!;
        ((string)form["file"]!["format"]!).ShouldBe("binary");
        ((bool)BodySchema(document, "/extra")["additionalProperties"]!).ShouldBeTrue();
        BodySchema(document, "/context")["properties"]!.AsObject().ShouldBeEmpty();
        Operation(document, "/perform")["responses"]!.AsObject().Select(response => response.Key).ShouldBe(
            ["200", "400", "401", "413", "415", "422", "429", "500", "503", "504"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("/picture", "image/png")]
    [InlineData("/page", "text/html; charset=utf-8")]
    [InlineData("/file", "application/octet-stream")]
    [InlineData("/items", "application/json,text/event-stream")]
    [InlineData("/task", "application/json")]
    public async Task A_result_has_its_media_types(string path, string mediaTypes)
    {
        var content = Operation(await DocumentAsync(results.Host), path)["responses"]!["200"]!["content"]!.AsObject();

        string.Join(",", content.Select(entry => entry.Key)).ShouldBe(mediaTypes);
    }

    [Fact]
    public async Task Rules_of_nested_properties_are_described_and_enforced()
    {
        await using var host = await TestHost.ServeAsync(new NestedRules());
        var order = (await DocumentAsync(host))["components"]!["schemas"]!["OpenApiTests_Order"]!["properties"]!;

        ((int)order["pieceCount"]!["minimum"]!).ShouldBe(1);
        (await host.CallAsync("/perform", """{"orders":[{"piece_count":2,"code":"ab"}]}""")).Body.ShouldBe("1");
        var answer = await host.CallAsync("/perform", """{"orders":[{"piece_count":2,"code":"ab"},{"pieceCount":0,"code":"ab"}]}""");
        (answer.Status, answer.Error).ShouldBe((400, "argument 'orders' breaks the rule Range at 'orders[1].pieceCount': The field pieceCount must be between 1 and 9."));
        (await host.CallAsync("/perform", """{"orders":[],"byName":{"x":{"pieceCount":2,"code":"a"}}}""")).Error.ShouldContain("'byName[x].code'");
        (await host.CallAsync("/perform", """{"orders":[{"pieceCount":2,"code":"ab","parts":[{"pieceCount":10,"code":"ab"}]}]}""")).Error.ShouldContain("'orders[0].parts[0].pieceCount'");
    }

    private static async Task<JsonNode> DocumentAsync(TestHost host) => (await host.GetAsync("/openapi.json")).Json;

    private static JsonNode Operation(JsonNode document, string path, string method = "post") =>
        document["paths"]![$"/api/v1{path}"]![method]!;

    private static JsonNode BodySchema(JsonNode document, string path) =>
        Operation(document, path)["requestBody"]!["content"]!.AsObject().First().Value!["schema"]!;

    private static void ShouldBeJson(JsonNode? actual, string expected) =>
        JsonNode.DeepEquals(actual, JsonNode.Parse(expected)).ShouldBeTrue($"{actual?.ToJsonString()} instead of {expected}");

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject tree => tree.SelectMany(entry => entry.Key == "$ref" ? [(string)entry.Value!] : References(entry.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };

    private static JsonNode? Find(JsonNode document, string reference) => reference.TrimStart('#', '/').Split('/')
        .Where(part => part.Length > 0)
        .Aggregate((JsonNode?)document, (node, part) => node is JsonArray list ? list[int.Parse(part)] : node?[part.Replace("~1", "/", StringComparison.Ordinal)]);

    public class Order
    {
        [Range(1, 9)]
        public int PieceCount { get; set; }

        [MinLength(2)]
        public string Code { get; set; } = "";

        public List<Order> Parts { get; set; } = [];
    }

    public class NestedRules
    {
        public int Perform(List<Order> orders, Dictionary<string, Order>? byName = null) => orders.Count + (byName?.Count ?? 0);
    }
}
