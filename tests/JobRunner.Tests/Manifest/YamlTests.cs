using System.Text;
using Shouldly;
using Xunit;
using static JobRunner.Tests.Manifest.ManifestText;

namespace JobRunner.Tests.Manifest;

public sealed class YamlTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n\n# only a comment\n")]
    [InlineData("---\n")]
    [InlineData("---\n...\n")]
    [InlineData("{}")]
    [InlineData("null")]
    public void An_empty_document_is_an_empty_manifest(string text)
    {
        var manifest = Load(text);

        manifest.Name.ShouldBeNull();
        manifest.Unknown.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("- a", "the manifest is a list but must be a mapping of keys to values (line 1, column 1)")]
    [InlineData("text", "the manifest is \"text\" but must be a mapping")]
    [InlineData("name: a\n---\nname: b", "the manifest holds more than one document (line 2, column 1)")]
    [InlineData("name: x\nreplicas: 1\nname: y", "the key \"name\" stands twice, first on line 1 (line 3, column 1)")]
    [InlineData("jobtype_extra:\n  timeout: 1\n  timeout: 2", "the key \"timeout\" stands twice, first on line 2 (line 3, column 3)")]
    [InlineData("[a]: b", "a key is a list but must be text (line 1, column 1)")]
    [InlineData("labels: *nothing", "*nothing stands for nothing that ends before it (line 1, column 9)")]
    [InlineData("labels: &a {x: *a}", "*a stands for nothing that ends before it")]
    [InlineData("labels: {<<: 7}", "<< is \"7\" but must be a mapping or a list of mappings")]
    [InlineData("name: [a, b", "this is not valid YAML")]
    [InlineData("name: \"x", "this is not valid YAML")]
    [InlineData("a: b: c", "this is not valid YAML")]
    [InlineData("name: %x\n  - y", "this is not valid YAML")]
    public void A_broken_document_fails_the_load(string text, string sentence)
    {
        var message = Failure(text);

        message.ShouldStartWith("job.yaml: ");
        message.ShouldContain(sentence);
        message.ShouldMatch(@"\(line \d+, column \d+\)\.$");
    }

    [Fact]
    public void Anchors_and_merges_work()
    {
        var manifest = Load("""
            common: &common {retry_delay: 2s, max_attempts: 7}
            other: &other {max_attempts: 9, hash: sidecar}
            jobtype_extra:
              queues:
                - {<<: *common, url: "memory:", max_attempts: 3}
                - url: "memory:"
                  <<: [*common, *other]
                - &q {url: "memory:"}
                - *q
            """);

        manifest.Extra.Queues.Select(queue => (queue.MaxAttempts, queue.RetryDelay.Seconds, queue.Hash)).ShouldBe([
            (3, 2, HashSource.Content), (7, 2, HashSource.Sidecar), (2, 1, HashSource.Content), (2, 1, HashSource.Content)]);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Deep_nesting_is_refused(char bracket) =>
        Failure("x: " + new string(bracket, 100_000)).ShouldContain("nested deeper than 64 levels");

    [Fact]
    public void Deep_block_nesting_is_refused() =>
        Failure("x:\n  " + string.Concat(Enumerable.Repeat("- ", 100_000)) + "y").ShouldContain("nested deeper than 64 levels");

    [Fact]
    public void Depth_counts_through_aliases()
    {
        var nested = string.Concat(Enumerable.Repeat("[", 50));
        var closed = string.Concat(Enumerable.Repeat("]", 50));

        Failure($"a: &a {nested}1{closed}\nb: {nested}*a{closed}").ShouldContain("nested deeper than 64 levels (line 2");
    }

    [Fact]
    public void An_alias_bomb_is_refused()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 30; i++)
            bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");

        Failure(bomb.ToString()).ShouldContain("more than 50000 values, aliases included");
    }

    [Fact]
    public void Merges_count_like_aliases()
    {
        var bomb = new StringBuilder("m: &m {" + string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"k{i}: 1")) + "}\n");
        bomb.Append("l: [" + string.Join(", ", Enumerable.Repeat("{<<: *m}", 1000)) + "]");

        Failure(bomb.ToString()).ShouldContain("more than 50000 values");
    }

    [Fact]
    public void A_huge_document_is_refused() =>
        Failure("name: " + new string('x', 1 << 20)).ShouldContain("at most 1048576 are allowed");

    [Fact]
    public void A_document_full_of_unfinished_references_is_read_once()
    {
        var text = string.Concat(Enumerable.Repeat("${a:-", 200_000));

        Load("name: " + text).Name.ShouldBe(text);
    }

    [Fact]
    public void Whatever_the_text_the_load_succeeds_or_fails_with_a_sentence()
    {
        const string Alphabet = "abé:-[]{}&*!|>%@`\"'#,? \n\t\\${}0<~\uE07B\uD800\0";
        const string Start = "name: &n \"x\"\njobtype_extra: {timeout: 5s, queues: [{url: 'redis://u:p@h:1/2?stream=s', <<: {hash: content}}]}\n";
        var random = new Random(7907);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder(Start);
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                var at = random.Next(text.Length);
                if (random.Next(2) == 0) text.Insert(at, Alphabet[random.Next(Alphabet.Length)]);
                else text.Remove(at, Math.Min(random.Next(1, 8), text.Length - at));
            }

            try
            {
                Load(text.ToString());
            }
            catch (ManifestException e)
            {
                e.Message.ShouldStartWith("job.yaml: ");
            }
        }
    }
}
