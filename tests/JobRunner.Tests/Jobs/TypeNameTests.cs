using System.Text.Json;
using JobRunner.Jobs;
using Shouldly;
using Xunit;

namespace JobRunner.Tests.Jobs;

public sealed class TypeNameTests
{
    [Theory]
    [InlineData(typeof(int), "int")]
    [InlineData(typeof(int?), "int?")]
    [InlineData(typeof(string), "string")]
    [InlineData(typeof(object), "object")]
    [InlineData(typeof(double[]), "double[]")]
    [InlineData(typeof(double[,]), "double[,]")]
    [InlineData(typeof(int[][,]), "int[][,]")]
    [InlineData(typeof(int?[]), "int?[]")]
    [InlineData(typeof(List<double>), "List<double>")]
    [InlineData(typeof(Dictionary<string, int>), "Dictionary<string, int>")]
    [InlineData(typeof(Dictionary<string, List<int?>>), "Dictionary<string, List<int?>>")]
    [InlineData(typeof((int First, string Second)), "(int, string)")]
    [InlineData(typeof(DateTime), "DateTime")]
    [InlineData(typeof(JsonElement), "JsonElement")]
    [InlineData(typeof(Inner), "TypeNameTests.Inner")]
    [InlineData(typeof(byte[]), "byte[]")]
    [InlineData(typeof(IReadOnlyList<Inner[]>), "IReadOnlyList<TypeNameTests.Inner[]>")]
    public void A_type_is_written_as_source_writes_it(Type type, string name) => TypeNames.Of(type).ShouldBe(name);

    [Theory]
    [InlineData(typeof(int))]
    [InlineData(typeof(int?))]
    [InlineData(typeof(double[]))]
    [InlineData(typeof(List<double>))]
    [InlineData(typeof(Dictionary<string, List<int?>>))]
    [InlineData(typeof(DateTime))]
    [InlineData(typeof(Inner))]
    [InlineData(typeof(IReadOnlyList<Inner[]>))]
    public void A_name_that_the_runtime_gives_is_written_as_source_writes_it(Type type) =>
        TypeNames.OfRuntimeName(type.ToString()).ShouldBe(TypeNames.Of(type));

    public sealed class Inner;
}
