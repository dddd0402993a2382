using System.Net.Sockets;
using System.Text;

namespace JobRunner.Cli.Tests.Observability;

public sealed class ForgedHeaderTests
{
    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_header_or_path_with_line_breaks_and_escape_codes_forges_no_log_line(string structured)
    {
        await using var served = await ServedFile.StartAsync(
            Path.Combine(Sources.Root, "samples", "Primer", "Job.cs"),
            environment: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["LOG_STRUCTURED"] = structured,
                ["LOG_CALLER_NAME"] = "true",
            });
        foreach (var value in (string[])["a\r\nforged line", "a\nforged line", "a\u001b[31mforged line", "a\u0085forged line", "a\tforged line"])
        {
            await SendAsync(served.Client.BaseAddress!, "/api/v1/parameters", $"X-Caller-Name: {value}");
            await SendAsync(served.Client.BaseAddress!, "/api/v1/parameters", $"X-Request-Tracing-Id: {value}");
        }

        await SendAsync(served.Client.BaseAddress!, "/%0A%1B%5B31mforged%20line", "X-Last: 1");
        using var last = await served.Client.GetAsync("/last");
        await Eventually.IsTrueAsync(() => served.Process.Output.Contains("/last 404", StringComparison.Ordinal));

        var output = served.Process.Output;
        output.ShouldNotContain('\u001b');
        output.Split('\n').ShouldAllBe(line => !line.TrimStart().StartsWith("forged", StringComparison.Ordinal));
        output.Split('\n').Where(line => line.Length > 0)
            .ShouldAllBe(line => line.StartsWith(structured == "true" ? '{' : '['));
    }

    private static async Task SendAsync(Uri address, string path, string header)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\n{header}\r\nConnection: close\r\n\r\n"));
        await stream.CopyToAsync(Stream.Null);
    }
}
