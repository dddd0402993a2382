using JobRunner.Jobs;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Jobs;

public sealed class DocumentationTests
{
    private static readonly string Id = typeof(DocumentationTests).FullName!;

    private static readonly string Xml = $$"""
        <doc><members>
          <member name="T:{{Id}}.Documented"><summary>A <c>documented</c> job.</summary></member>
          <member name="M:{{Id}}.Documented.Perform(System.Int32,System.Collections.Generic.List{System.String},System.Double[0:,0:])">
            <summary>
              Adds
              things to <see cref="T:System.Int32"/>.
            </summary>
            <remarks>Slowly.</remarks>
            <param name="number">The number.</param>
            <param name="names">The names.</param>
            <returns>The sum.</returns>
          </member>
          <member name="M:{{Id}}.Documented.Other"><summary>The other one.</summary></member>
        </members></doc>
        """;

    [Fact]
    public void Comments_become_descriptions()
    {
        var definition = JobDefinition.Create(new Documented(), documentation: XmlDocumentation.Parse(Xml));

        definition.Summary.ShouldBe("A documented job.");
        definition.Perform.Summary.ShouldBe("Adds things to Int32.");
        definition.Perform.Remarks.ShouldBe("Slowly.");
        definition.Perform.Returns.ShouldBe("The sum.");
        definition.Perform.Parameters.Select(parameter => parameter.Description).ShouldBe(["The number.", "The names.", null]);
        definition.Endpoints[1].Summary.ShouldBe("The other one.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no xml")]
    [InlineData("<doc><members><member name='T:x'>")]
    [InlineData("<doc><members><member/></members></doc>")]
    public void Comments_that_cannot_be_read_are_left_out(string xml) =>
        JobDefinition.Create(new Documented(), documentation: XmlDocumentation.Parse(xml)).Summary.ShouldBeNull();

    public sealed class Documented
    {
        public int Perform(int number, List<string> names, double[,] matrix) => number + names.Count + matrix.Length;

        [JobEndpoint("/other")]
        public int Other() => 1;
    }
}
