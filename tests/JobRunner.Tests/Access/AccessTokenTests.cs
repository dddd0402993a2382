using JobRunner.Http.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Tests.Access;

public sealed class AccessTokenTests
{
    [Theory]
    [InlineData("one,alice=two\nthree four", "one", null)]
    [InlineData("one,alice=two\nthree four", "two", "alice")]
    [InlineData("one,alice=two\r\nthree\tfour", "three", null)]
    [InlineData("one,alice=two\nthree four", "four", null)]
    [InlineData("YWxpY2U=", "YWxpY2U=", null)]
    [InlineData("YWxpY2U==", "YWxpY2U==", null)]
    [InlineData("alice=YWxpY2U==", "YWxpY2U==", "alice")]
    [InlineData("täglich=größe", "größe", "täglich")]
    public void Entries_are_tokens_or_names_with_tokens(string text, string presented, string? name)
    {
        var token = Tokens(text).Find(Request(presented));
        token.ShouldNotBeNull();
        token.Name.ShouldBe(name);
    }

    [Theory]
    [InlineData("one,alice=two", "alice=two")]
    [InlineData("one,alice=two", "alice")]
    [InlineData("one,alice=two", "ONE")]
    [InlineData("one,alice=two", "one ")]
    [InlineData("one,alice=two", "on")]
    [InlineData("one,alice=two", "one,alice=two")]
    [InlineData("one,alice=two", "")]
    [InlineData("one,alice==", "")]
    public void Anything_else_is_no_token(string text, string presented) => Tokens(text).Find(Request(presented)).ShouldBeNull();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ,\n, ")]
    [InlineData("=")]
    public void Without_an_entry_no_token_is_needed(string? text) => Tokens(text).AreRequired.ShouldBeFalse();

    [Fact]
    public void A_token_never_shows_itself() =>
        string.Concat(AccessToken.Parse("secret,alice=secret").Select(token => $"{token}")).ShouldNotContain("secret");

    [Fact]
    public void A_very_long_token_is_compared_like_any_other()
    {
        var token = new string('x', 10_000);
        Tokens(token).Find(Request(token)).ShouldNotBeNull();
        Tokens(token).Find(Request(token + "x")).ShouldBeNull();
    }

    [Fact]
    public void A_file_that_cannot_be_read_lets_nobody_in()
    {
        using var tokens = new AccessTokens(
            name => name == AccessTokens.FileVariable ? "/nowhere/tokens" : null,
            TimeProvider.System,
            NullLogger<AccessTokens>.Instance);
        tokens.AreRequired.ShouldBeTrue();
        tokens.Find(Request("anything")).ShouldBeNull();
    }

    [Fact]
    public async Task A_changed_file_counts_without_a_restart_and_a_missing_one_changes_nothing()
    {
        var path = Path.GetTempFileName();
        var time = new Execution.ManualTime();
        await File.WriteAllTextAsync(path, "old\n");
        using var tokens = new AccessTokens(
            name => name == AccessTokens.FileVariable ? path : "fixed", time, NullLogger<AccessTokens>.Instance);
        tokens.Find(Request("old")).ShouldNotBeNull();

        await File.WriteAllTextAsync(path, "bob=new\n");
        time.Advance(TimeSpan.FromSeconds(10));
        tokens.Find(Request("old")).ShouldBeNull();
        tokens.Find(Request("new"))!.Name.ShouldBe("bob");
        tokens.Find(Request("fixed")).ShouldNotBeNull();

        File.Delete(path);
        time.Advance(TimeSpan.FromSeconds(10));
        tokens.Find(Request("new")).ShouldNotBeNull();
    }

    private static AccessTokens Tokens(string? text) => new(
        name => name == AccessTokens.Variable ? text : null, TimeProvider.System, NullLogger<AccessTokens>.Instance);

    private static HttpRequest Request(string token)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["X-Racetrack-Auth"] = token;
        return http.Request;
    }
}
