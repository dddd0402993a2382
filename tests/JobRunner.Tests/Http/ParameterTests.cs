using System.Net.Http.Headers;
using System.Text;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Http;

/// <summary>"Perform and its parameters", and the attributed spelling of "Auxiliary endpoints".</summary>
public sealed class ParameterTests(ServedClassFixture<ParameterJob> served) : IClassFixture<ServedClassFixture<ParameterJob>>
{
    private TestHost Host => served.Host;

    [Theory]
    [InlineData("/perform", """{"firstName":"a"}""", "\"a|2|DarkGreen||none\"")]
    [InlineData("/perform", """{"FIRSTNAME":"a","count":1}""", "\"a|1|DarkGreen||none\"")]
    [InlineData("/perform", """{"first_name":"a","colour":"red","ratio":0.5,"tags":["x","y"]}""", "\"a|2|Red|0.5|x,y\"")]
    [InlineData("/perform", """{"first_\u006eame":"a"}""", "\"a|2|DarkGreen||none\"")]
    [InlineData("/perform", """{"first_name":"a","ratio":null,"tags":null}""", "\"a|2|DarkGreen||none\"")]
    [InlineData("/perform", "", "\"Ada|3|DarkGreen||none\"")]
    [InlineData("/perform", " null ", "\"Ada|3|DarkGreen||none\"")]
    [InlineData("/perform", "\uFEFF{\"firstName\":\"bom\"}", "\"bom|2|DarkGreen||none\"")]
    [InlineData("/multiply/4", "", "10")]
    [InlineData("/multiply/4", """{"number":0.5}""", "2")]
    [InlineData("/multiply/1e2", """{"number":1}""", "100")]
    [InlineData("/search", "", "\"posted example\"")]
    [InlineData("/extra", """{"known":1,"other":2,"third":{}}""", """{"known":1,"names":"other,third"}""")]
    [InlineData("/rules", "{}", "\"5abax0\"")]
    [InlineData("/rules", """{"number":10,"text":"abcde","word":"zz","letter":"y","list":[1]}""", "\"10abcdezzy10\"")]
    [InlineData("/body", """{"full_name":"whole","nickName":null,"homeTowns":[]}""", "\"whole\"")]
    [InlineData("/static", "", "\"static\"")]
    [InlineData("/static/", "{}", "\"static\"")]
    [InlineData("/any", "{}", "0")]
    [InlineData("/any", """{"numbers":[1,2]}""", "2")]
    [InlineData("/nothing", "{}", "null")]
    [InlineData("/maybe-file", "{}", "false")]
    public async Task Arguments_bind(string path, string payload, string result)
    {
        var answer = await Host.CallAsync(path, payload);

        (answer.Status, answer.Body).ShouldBe((200, result));
    }

    [Theory]
    [InlineData("/perform", "{}", "missing required argument 'firstName' of type string")]
    [InlineData("/perform", """{"firstName":"a","nope":1}""", "unknown argument 'nope'")]
    [InlineData("/perform", """{"firstName":"a","firstName":"b"}""", "argument 'firstName' is given twice")]
    [InlineData("/perform", """{"firstName":"a","first_name":"b"}""", "argument 'firstName' is given twice")]
    [InlineData("/perform", """{"firstName":null}""", "argument 'firstName' must be string, not null")]
    [InlineData("/perform", """{"firstName":"a","count":null}""", "argument 'count' must be int, not null")]
    [InlineData("/perform", """{"firstName":"a","tags":[null]}""", "argument 'tags' must be List<string>")]
    [InlineData("/perform", """{"firstName":"a","colour":"pink"}""", "argument 'colour' must be Colour; got a string, which is none of Red, DarkGreen")]
    [InlineData("/extra", """{"other":1}""", "missing required argument 'known'")]
    [InlineData("/extra", """{"known":1,"a":1,"a":2}""", "argument 'a' is given twice")]
    [InlineData("/context", """{"token":1}""", "unknown argument 'token'")]
    [InlineData("/context", """{"clock":1}""", "unknown argument 'clock'")]
    [InlineData("/rules", """{"number":11}""", "argument 'number' breaks the rule Range")]
    [InlineData("/rules", """{"number":0}""", "argument 'number' breaks the rule Range")]
    [InlineData("/rules", """{"text":"a"}""", "argument 'text' breaks the rule StringLength")]
    [InlineData("/rules", """{"word":"A"}""", "argument 'word' breaks the rule RegularExpression")]
    [InlineData("/rules", """{"letter":"z"}""", "argument 'letter' breaks the rule AllowedValues")]
    [InlineData("/rules", """{"list":[]}""", "argument 'list' breaks the rule MinLength")]
    [InlineData("/rules", """{"unset":0}""", "argument 'unset' breaks the rule Range")]
    [InlineData("/required", "{}", "argument 'text' breaks the rule Required")]
    [InlineData("/required", """{"text":""}""", "argument 'text' breaks the rule Required")]
    [InlineData("/slow-rule", """{"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}""", "argument 'text' breaks the rule RegularExpression")]
    [InlineData("/body", """{"nickName":"a"}""", "argument 'whole' must be Person")]
    [InlineData("/multiply/x", """{"number":1}""", "argument 'factor' must be double")]
    [InlineData("/multiply/1,2", """{"number":1}""", "argument 'factor' must be double")]
    [InlineData("/multiply/1e400", """{"number":1}""", "argument 'factor' must be double")]
    [InlineData("/multiply/4", """{"number":1,"factor":3}""", "unknown argument 'factor'; it is taken from the path")]
    [InlineData("/file", """{"note":"a"}""", "missing required argument 'file'")]
    [InlineData("/file", """{"file":"a","note":"a"}""", "unknown argument 'file'; send it as a file of a multipart/form-data body")]
    public async Task An_argument_that_breaks_a_rule_is_a_400_that_names_it(string path, string payload, string error)
    {
        var answer = await Host.CallAsync(path, payload);

        answer.Status.ShouldBe(400, answer.Body);
        answer.Error.ShouldContain(error);
        ((string)answer.Json["type"]!).ShouldBe("ArgumentException");
    }

    [Theory]
    [InlineData("/square/12", 200, "144")]
    [InlineData("/square/-3", 200, "9")]
    [InlineData("/square/1.5", 400, "argument 'number' must be int")]
    [InlineData("/square/%31%32", 200, "144")]
    [InlineData("/search?text=a", 200, "\"a|10||||False\"")]
    [InlineData("/search?text=a%20b&page_size=3&ids=1&ids=2&colour=red&deep=TRUE", 200, "\"a b|3||1,2|Red|True\"")]
    [InlineData("/search?TEXT=a&pageSize=3&ids=[1,2]", 200, "\"a|3||1,2||False\"")]
    [InlineData("/search?text=7", 200, "\"7|10||||False\"")]
    [InlineData("/search?text=a&utm_source=mail", 200, "\"a|10||||False\"")]
    [InlineData("/search", 400, "missing required argument 'text'")]
    [InlineData("/search?text=a&page_size=x", 400, "argument 'size' must be int")]
    [InlineData("/search?text=a&page_size=", 400, "argument 'size' must be int")]
    [InlineData("/search?text=a&ids=1,2", 400, "argument 'ids' must be int[]")]
    [InlineData("/search?text=a&ids=[1", 400, "argument 'ids' must be int[]")]
    [InlineData("/search?text=a&colour=1", 400, "argument 'colour' must be Colour?")]
    [InlineData("/search?text=a&deep=1", 400, "argument 'deep' must be bool")]
    public async Task A_get_takes_its_arguments_from_route_and_query(string path, int status, string content)
    {
        var answer = await Host.GetAsync($"/api/v1{path}");

        answer.Status.ShouldBe(status, answer.Body);
        answer.Body.ShouldContain(content);
    }

    [Fact]
    public async Task A_header_is_an_argument()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/search?text=a");
        request.Headers.Add("x-mood", "fine");

        (await Host.SendAsync(request)).Body.ShouldBe("\"a|10|fine|||False\"");
    }

    [Fact]
    public async Task What_the_host_knows_is_no_argument()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/context") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Caller-Name", "ada");
        request.Headers.Add("X-Request-Tracing-Id", "trace-1");

        (await Host.SendAsync(request)).Body.ShouldBe(
            """{"hasId":true,"attempt":1,"taskId":null,"callerName":"ada","tracingId":"trace-1","method":"POST","canCancel":true,"now":"noon"}""");
    }

    [Fact]
    public async Task A_form_brings_files_and_fields()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("content"), "file", "a.txt" },
            { new StringContent("7"), "note" },
            { new StringContent("3"), "times" },
            { new StringContent("x"), "tags" },
            { new StringContent("[y"), "tags" },
        };

        (await PostAsync("/file", form)).Body.ShouldBe("\"a.txt:content:7:3:x+[y\"");
    }

    [Theory]
    [InlineData("note", "a", "times", "x", "argument 'times' must be int")]
    [InlineData("other", "a", "note", "x", "unknown argument 'other'")]
    [InlineData("times", "3", "times", "4", "argument 'times'")]
    [InlineData("tags", "3", "times", "4", "missing required argument 'note'")]
    public async Task A_form_is_as_strict_as_json(string first, string firstValue, string second, string secondValue, string error)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("content"), "file", "a.txt" },
            { new StringContent(firstValue), first },
            { new StringContent(secondValue), second },
        };

        var answer = await PostAsync("/file", form);

        answer.Status.ShouldBe(400, answer.Body);
        answer.Error.ShouldContain(error);
    }

    [Theory]
    [InlineData("/file", "file,other", "unknown argument 'other'")]
    [InlineData("/file", "file,FILE", "argument 'file' is given 2 times")]
    [InlineData("/file", "file,times", "argument 'times' is no file; send it without a file name")]
    [InlineData("/maybe-file", "other", "unknown argument 'other'; expected: file")]
    public async Task A_file_that_nobody_takes_is_a_400_that_names_it(string path, string files, string error)
    {
        using var form = new MultipartFormDataContent();
        foreach (var name in files.Split(','))
            form.Add(new StringContent("content"), name, "a.txt");

        var answer = await PostAsync(path, form);

        answer.Status.ShouldBe(400, answer.Body);
        answer.Error.ShouldContain(error);
    }

    [Fact]
    public async Task A_file_is_named_as_other_arguments_are()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("1"), "all_pages", "a.txt" },
            { new StringContent("2"), "ALLPAGES", "b.txt" },
        };
        using var none = new MultipartFormDataContent { { new StringContent("2"), "number" } };

        (await PostAsync("/pages", form)).Body.ShouldBe("2");
        (await PostAsync("/pages", none)).Error.ShouldBe("missing required argument 'allPages' of type List<IFormFile>");
    }

    [Fact]
    public async Task A_file_can_be_a_stream_or_one_of_many()
    {
        using var one = new MultipartFormDataContent { { new ByteArrayContent(new byte[200_000]), "data", "a.bin" } };
        using var many = new MultipartFormDataContent
        {
            { new ByteArrayContent([1]), "files", "a.bin" },
            { new ByteArrayContent([2]), "files", "b.bin" },
        };

        (await PostAsync("/stream", one)).Body.ShouldBe("200000");
        (await PostAsync("/files", many)).Body.ShouldBe("2");
    }

    [Fact]
    public async Task A_form_that_is_none_is_a_422()
    {
        using var broken = new StringContent("no form at all");
        broken.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        using var noBoundary = new StringContent("no form at all");
        noBoundary.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data");

        (await PostAsync("/file", broken)).Status.ShouldBe(422);
        (await PostAsync("/file", noBoundary)).Status.ShouldBe(422);
    }

    [Fact]
    public async Task The_parameters_are_listed_required_ones_first() =>
        (await Host.GetAsync("/api/v1/parameters")).Body.ShouldBe(
            """[{"name":"firstName","type":"string"},{"name":"count","type":"int","default_value":2},{"name":"colour","type":"Colour","default_value":"DarkGreen"},{"name":"ratio","type":"double?","default_value":null},{"name":"tags","type":"List<string>","default_value":null}]""");

    private Task<Answer> PostAsync(string path, HttpContent content) =>
        Host.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"/api/v1{path}") { Content = content });
}
