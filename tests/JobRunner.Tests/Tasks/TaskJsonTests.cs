using System.Text;
using System.Text.Json;
using JobRunner.Tasks.Endpoints;

namespace JobRunner.Tests.Tasks;

public sealed class TaskJsonTests
{
    [Theory]
    [InlineData("""{"number":1}""", JsonValueKind.Object, null)]
    [InlineData("{\"number\":", JsonValueKind.String, "{\"number\":")]
    [InlineData("} , \"status\": \"completed\"", JsonValueKind.String, "} , \"status\": \"completed\"")]
    [InlineData("", JsonValueKind.Null, null)]
    public void A_message_of_any_bytes_leaves_its_record_readable(string message, JsonValueKind kind, string? text)
    {
        var record = new TaskRecord
        {
            Id = "1", Queue = "jobs", Endpoint = "/perform", Payload = Encoding.UTF8.GetBytes(message), Status = TaskState.Failed,
        };

        using var json = JsonDocument.Parse(TaskJson.Of(record));

        var payload = json.RootElement.GetProperty("payload");
        payload.ValueKind.ShouldBe(kind);
        if (text is not null)
            payload.GetString().ShouldBe(text);
        json.RootElement.GetProperty("status").GetString().ShouldBe("failed");
    }
}
