using Shouldly;
using Xunit;
using static JobRunner.Tests.Manifest.ManifestText;

namespace JobRunner.Tests.Manifest;

public sealed class ExpansionTests
{
    [Theory]
    [InlineData("${A}", "one")]
    [InlineData("x-${A}-${B:-two}", "x-one-two")]
    [InlineData("${EMPTY:-fallback}", "fallback")]
    [InlineData("${B:-}x", "x")]
    [InlineData("'${A}'", "one")]
    [InlineData("\"${A}\\t${B:-\\\"q\\\"}\"", "one\t\"q\"")]
    [InlineData("${B:-a: b, {c # d}", "a: b, {c # d")]
    [InlineData("$A ${} ${1A} ${A:+x} $${A}", "$A ${} ${1A} ${A:+x} $one")]
    [InlineData("${LOOP}", "${A}")]
    [InlineData("|\n  first\n  ${A}", "first\none")]
    public void A_reference_is_replaced_by_its_value(string written, string expected) =>
        Load($"name: {written}", ("A", "one"), ("EMPTY", ""), ("LOOP", "${A}")).Name!.TrimEnd('\n').ShouldBe(expected);

    [Fact]
    public void An_unquoted_reference_takes_the_type_of_its_value()
    {
        Extra("max_concurrency: ${N}\nnamed_floats: ${F}\ntimeout: ${T:-5m}", ("N", "4"), ("F", "yes")).ShouldSatisfyAllConditions(
            extra => extra.MaxConcurrency.ShouldBe(4),
            extra => extra.NamedFloats.ShouldBeTrue(),
            extra => extra.Timeout.ShouldBe(TimeSpan.FromMinutes(5)));

        ExtraFailure("max_concurrency: \"${N}\"", ("N", "4")).ShouldContain("must be a whole number");
    }

    [Theory]
    [InlineData("a: b")]
    [InlineData("x\nreplicas: 7")]
    [InlineData("]}, replicas: 7")]
    [InlineData("# no comment")]
    [InlineData("'\"")]
    [InlineData("*alias")]
    [InlineData("- item")]
    public void A_value_never_changes_the_structure_around_it(string value)
    {
        var manifest = Load("name: ${V}\nruntime_env: {A: ${V}, B: \"${V}\", C: '${V}'}\npublic_endpoints: [/${V}]", ("V", value));

        manifest.Name.ShouldBe(value);
        manifest.Replicas.ShouldBe(1);
        manifest.RuntimeEnv.Values.ShouldAllBe(text => text == value);
        manifest.RuntimeEnv.Count.ShouldBe(3);
        manifest.PublicEndpoints.ShouldBe(["/" + value]);
        manifest.Unknown.ShouldBeEmpty();
    }

    [Fact]
    public void A_reference_may_stand_unquoted_in_brackets_and_braces_and_columns_stay_right()
    {
        Executor("command: [${A}, ${B:-x, y}]", ("A", "one")).Command.ShouldBe(["one", "x, y"]);
        Failure("resources: {cpu_min: ${A:-a, b}, cpu_max: []}").ShouldContain("(line 1, column 43)");
    }

    [Fact]
    public void Keys_are_expanded_too() =>
        Load("runtime_env: {${A}_KEY: 1}", ("A", "one")).RuntimeEnv.Keys.ShouldBe(["one_KEY"]);

    [Fact]
    public void A_variable_that_is_not_set_and_has_no_default_is_a_warning()
    {
        var manifest = Load("name: x${NOPE}", ("SET", "1"));

        manifest.Name.ShouldBe("x");
        manifest.Warnings.ShouldHaveSingleItem().ShouldBe(
            "job.yaml: the variable NOPE is not set, so ${NOPE} stands for nothing (line 1, column 7).");
    }

    [Theory]
    [InlineData("max_concurrency: ${SECRET}")]
    [InlineData("store: redis://:${SECRET}@host:x")]
    [InlineData("store: ${SECRET}")]
    [InlineData("executor: ${SECRET}")]
    [InlineData("${SECRET}: 1\nmax_concurrency: x")]
    [InlineData("executor: {${SECRET}: 1}")]
    [InlineData("queues: [{url: 'redis://host', '${SECRET}': 1}]")]
    [InlineData("executor: {methods: {${SECRET}: 1}}")]
    [InlineData("queues: [{url: 'redis://host', functions: {'${SECRET}': x}}]")]
    [InlineData("queues: [{url: 'redis://host?${SECRET}=1'}]")]
    [InlineData("queues: [{url: 'redis://host?hash=${SECRET}'}]")]
    [InlineData("queues: [{url: 'nats://host?mode=${SECRET}'}]")]
    public void An_error_never_shows_a_variable_s_value(string text)
    {
        var error = Should.Throw<ManifestException>(() => Extra(text, ("SECRET", "hunter2")));

        error.ToString().ShouldNotContain("hunter2");
        error.Key.ShouldNotBeNull().ShouldNotContain("hunter2");
    }

    [Fact]
    public void Characters_of_the_private_use_area_stay_what_they_are() =>
        Load("name: \"\uE07B${A}\uE001\"", ("A", "one")).Name.ShouldBe("\uE07Bone\uE001");
}
