using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace JobRunner.Samples.Tests;

public sealed class FilesTests
{
    private const string Text = "It was a bright cold day in April";

    [Fact]
    public async Task A_file_and_a_field_of_a_form_are_arguments()
    {
        await using var server = await SampleServer.StartAsync<TextFiles>("Files");
        using var form = Form("novel.txt");
        form.Add(new StringContent("4"), "shortest");
        using var response = await server.Client.PostAsync("/api/v1/perform", form);
        var facts = await response.Content.ReadFromJsonAsync<JsonElement>();
        facts.GetProperty("name").GetString().ShouldBe("novel.txt");
        facts.GetProperty("size").GetInt64().ShouldBe(Text.Length);
        facts.GetProperty("words").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task A_stream_comes_back_as_the_media_type_it_was_declared_with()
    {
        await using var server = await SampleServer.StartAsync<TextFiles>("Files");
        using var form = Form("novel.txt");
        using var response = await server.Client.PostAsync("/api/v1/compress", form);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/gzip");
        await using var gzip = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        (await reader.ReadToEndAsync()).ShouldBe(Text);
    }

    [Fact]
    public async Task Bytes_come_back_as_they_are()
    {
        await using var server = await SampleServer.StartAsync<TextFiles>("Files");
        using var response = await server.Client.GetAsync("/api/v1/pixel?red=255&blue=7");
        response.Content.Headers.ContentType?.MediaType.ShouldBe("image/bmp");
        var bitmap = await response.Content.ReadAsByteArrayAsync();
        bitmap.Length.ShouldBe(58);
        bitmap[54..57].ShouldBe([7, 0, 255]);
    }

    [Fact]
    public async Task A_form_without_the_file_is_refused_by_name()
    {
        await using var server = await SampleServer.StartAsync<TextFiles>("Files");
        using var form = new MultipartFormDataContent { { new StringContent("4"), "shortest" } };
        using var response = await server.Client.PostAsync("/api/v1/perform", form);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("'file'");
    }

    private static MultipartFormDataContent Form(string name) =>
        new() { { new ByteArrayContent(Encoding.UTF8.GetBytes(Text)), "file", name } };
}
