using System.Text.Json;
using JobRunner.Telemetry.Profiler;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Telemetry;

public sealed class FlameGraphPageTests
{
    private const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&\"'";

    [Fact]
    public void A_hostile_name_cannot_leave_the_data()
    {
        var page = FlameGraphPage.Write(Profile(Hostile, Hostile));

        page.ShouldNotContain("<img");
        page.ShouldNotContain("alert(1)</script>");
        var data = JsonDocument.Parse(page.Split("id=\"data\">")[1].Split("</script>")[0]).RootElement;
        data[0].GetProperty("root").GetProperty("c")[0].GetProperty("n").GetString().ShouldBe(Hostile);
    }

    [Fact]
    public void The_page_loads_nothing_from_elsewhere()
    {
        var page = FlameGraphPage.Write(Profile("title", "frame"));

        page.ShouldNotContain("http");
        page.ShouldNotContain("src=");
        page.ShouldNotContain("@import");
        page.ShouldNotContain("{{");
    }

    [Fact]
    public void A_profile_without_samples_is_a_page_too()
    {
        var empty = new ProfileTally("Nothing", ProfileUnit.Bytes).ToView();

        FlameGraphPage.Write(new Profile("Empty", 0, [empty])).ShouldContain("\"methods\":[]");
        ProfileStats.Write(new Profile("Empty", 0, [empty])).ShouldBe("Empty, estimated from 0 samples\n\nNothing: 0 B\n");
    }

    [Theory]
    [InlineData("Job.Perform(int32)", "Job.Perform")]
    [InlineData("My.Job+<PerformAsync>d__3.MoveNext()", "My.Job.PerformAsync")]
    [InlineData("My.Job.<PerformAsync>d__3.MoveNext()", "My.Job.PerformAsync")]
    [InlineData("My.Job+<Read>d__3`1[System.__Canon].MoveNext()", "My.Job.Read")]
    [InlineData("My.Job+<>c__DisplayClass0_0.<Perform>b__0(int32)", "My.Job.Perform.lambda")]
    [InlineData("My.Job.<Perform>g__Local|0_1(int32)", "My.Job.Perform.Local")]
    [InlineData("Outer+Inner.Run()", "Outer.Inner.Run")]
    public void A_method_is_shown_as_the_source_names_it(string method, string shown) =>
        StackFrameName.Readable(method).ShouldBe(shown);

    [Theory]
    [InlineData(10, "Bytes", "10 B")]
    [InlineData(1536, "Bytes", "1.5 KiB")]
    [InlineData(5 * 1024 * 1024, "Bytes", "5.00 MiB")]
    [InlineData(3.5 * 1024 * 1024 * 1024, "Bytes", "3.50 GiB")]
    [InlineData(12, "Milliseconds", "12 ms")]
    [InlineData(2500, "Milliseconds", "2.50 s")]
    public void A_figure_has_its_unit(double value, string unit, string text) =>
        ProfileFigure.Text(value, Enum.Parse<ProfileUnit>(unit)).ShouldBe(text);

    private static Profile Profile(string title, string frame)
    {
        var tally = new ProfileTally("View", ProfileUnit.Bytes);
        tally.Add([new StackFrameName(frame, IsOwn: true)], "System.String", 1000);
        return new Profile(title, 1, [tally.ToView()]);
    }
}
