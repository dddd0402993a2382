using JobRunner.Jobs;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Jobs;

public sealed class ArgumentNameTests
{
    [Theory]
    [InlineData("fooBar", "fooBar")]
    [InlineData("FOOBAR", "fooBar")]
    [InlineData("foo_bar", "fooBar")]
    [InlineData("Foo_Bar", "fooBar")]
    [InlineData("max_items", "max_items")]
    [InlineData("maxItems", "max_items")]
    [InlineData("foo-bar", null)]
    [InlineData("foobars", null)]
    [InlineData("", null)]
    public void A_name_is_found_by_case_and_underscores(string given, string? declared)
    {
        var names = ArgumentNames<string>.Create([("fooBar", "fooBar"), ("max_items", "max_items")], out _)!;

        (names.TryFind(given, out var found) ? found : null).ShouldBe(declared);
    }

    [Theory]
    [InlineData("fooBar", "foo_bar")]
    [InlineData("fooBar", "FooBar")]
    [InlineData("a_b", "ab")]
    public void Names_that_callers_cannot_tell_apart_are_ambiguous(string first, string second)
    {
        ArgumentNames<int>.Create([(first, 1), (second, 2)], out var ambiguous).ShouldBeNull();

        ambiguous.ShouldBe((first, second));
    }
}
