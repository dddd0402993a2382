using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using JobRunner.Manifest;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Manifest;

/// <summary>Compares docs/manifest.md with the code: same keys, same defaults.</summary>
public sealed class ReferencePageTests
{
    private static readonly string[] Blocks = [.. File.ReadAllText(PagePath())
        .Split("```yaml\n")
        .Skip(1)
        .Select(text => text[..text.IndexOf("```", StringComparison.Ordinal)])];

    [Fact]
    public void The_page_has_a_block_for_the_manifest_the_queues_and_the_executor() => Blocks.Length.ShouldBe(3);

    [Fact]
    public void The_page_names_every_top_level_key() => Keys(Block(0)).ShouldBe(ManifestSchema.Keys.Names);

    [Fact]
    public void The_page_names_every_key_of_a_typed_mapping()
    {
        Keys(Block(0).Find("git")).ShouldBe(ManifestSchema.GitKeys.Names);
        Keys(Block(0).Find("resources")).ShouldBe(ManifestSchema.ResourceKeys.Names);
        Keys(Block(2).Find("limits")).ShouldBe(ExecutorSchema.LimitKeys.Names);
        Keys(Block(2).Find("artifacts")).ShouldBe(ExecutorSchema.ArtifactKeys.Names);
    }

    [Fact]
    public void The_page_s_jobtype_extra_is_the_default()
    {
        var node = Block(0).Find("jobtype_extra");
        Keys(node).ShouldBe(ManifestSchema.ExtraKeys.Names);
        ShouldBeDefaults(node, ManifestText.Load(Blocks[0]).Extra, new JobTypeExtra());
    }

    [Fact]
    public void The_page_s_queue_is_the_default()
    {
        var node = YamlTree.Parse("queues:\n" + Blocks[1], Context()).Find("queues").ShouldBeOfType<ListNode>().Items[0];
        Keys(node).ShouldBe(QueueSchema.Keys.Names);
        var queue = ManifestText.Load("jobtype_extra:\n  queues:\n  " + Blocks[1].ReplaceLineEndings("\n  ")).Extra.Queues[0];
        ShouldBeDefaults(node, queue, new QueueOptions { Url = queue.Url });
    }

    [Fact]
    public void The_page_s_executor_is_the_default()
    {
        Keys(Block(2)).ShouldBe(ExecutorSchema.Keys.Names);
        ShouldBeDefaults(Block(2), ManifestText.Executor(Blocks[2]), new ExecutorOptions());
    }

    private static void ShouldBeDefaults<T>(ManifestNode? node, T read, T defaults)
        where T : notnull
    {
        JsonSerializer.Serialize(read).ShouldBe(JsonSerializer.Serialize(defaults));

        // A null on the page reads as absent, so the comparison above would pass whatever the default is.
        foreach (var entry in node.ShouldBeOfType<MapNode>().Entries.Where(entry => entry.Value is ScalarNode { IsNull: true }))
            Property<T>(entry.Key.Text).GetValue(defaults).ShouldBeNull(entry.Key.Text);
    }

    private static PropertyInfo Property<T>(string key) =>
        typeof(T).GetProperty(key.Replace("_", "", StringComparison.Ordinal), BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)
            .ShouldNotBeNull(key);

    private static IEnumerable<string> Keys(ManifestNode? node) =>
        node.ShouldBeOfType<MapNode>().Entries.Select(entry => entry.Key.Text);

    private static MapNode Block(int index) => YamlTree.Parse(Blocks[index], Context());

    private static LoadContext Context() => new("docs/manifest.md", _ => null);

    private static string PagePath([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath("../../../docs/manifest.md", Path.GetDirectoryName(thisFile)!);
}
