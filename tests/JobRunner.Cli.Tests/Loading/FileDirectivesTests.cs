using JobRunner.Cli.Loading;

namespace JobRunner.Cli.Tests.Loading;

public sealed class FileDirectivesTests
{
    [Fact]
    public void Directives_are_found_among_comments_and_blank_lines()
    {
        var directives = FileDirectives.Of("""
            #!/usr/bin/env jobrunner

            // A comment.
            /* One that
               goes on */ /* and on */
            #:package Humanizer.Core@2.14.1
            #:property LangVersion=preview
            using System;
            #:package TooLate@1
            """);

        directives.Lines.ShouldBe(["package Humanizer.Core@2.14.1", "property LangVersion=preview"]);
        directives.AreSelfContained.ShouldBeTrue();
    }

    [Theory]
    [InlineData("public class Job { }")]
    [InlineData("var text = \"\"\"\n#:package X\n\"\"\";")]
    [InlineData("/* #:package X\n#:package Y */")]
    [InlineData("")]
    public void A_file_without_directives_needs_no_SDK(string source) => FileDirectives.Of(source).Any.ShouldBeFalse();

    [Fact]
    public void A_file_that_draws_in_a_project_is_not_self_contained() =>
        FileDirectives.Of("#:package A@1\n#:project ../Lib").AreSelfContained.ShouldBeFalse();
}
