using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace JobRunner.Cli.Loading;

/// <summary>An assembly compiled in memory.</summary>
/// <param name="Assembly">The assembly.</param>
/// <param name="Symbols">Its portable debug symbols, which give stack traces their file and line.</param>
/// <param name="XmlDocumentation">The documentation comments of its source.</param>
internal sealed record CompiledFile(MemoryStream Assembly, MemoryStream Symbols, string XmlDocumentation);

/// <summary>
/// Compiles a single C# file in memory, the way the SDK would in a project of its own: implicit usings, nullable on,
/// latest language version, optimised.
/// </summary>
internal static class CSharpFileCompiler
{
    // Those of Microsoft.NET.Sdk, not those of its web flavour: a file that compiles here then also compiles in an
    // ordinary project and as a file-based app, and a job of plain C# does not see a hundred ASP.NET Core names.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private const string PartialWithoutImplementation = "CS8795";

    private static readonly KeyValuePair<string, string> AllowShebang = new("FileBasedProgram", "true");

    /// <summary>Compiles a file.</summary>
    /// <param name="path">Full path of the file, which also goes into the debug symbols.</param>
    /// <param name="text">What the file holds.</param>
    /// <param name="cancellationToken">Stops the compilation.</param>
    /// <exception cref="JobLoadException">The file does not compile: a line <c>file:line: message</c> for each error.</exception>
    public static CompiledFile Compile(string path, string text, CancellationToken cancellationToken)
    {
        var options = CSharpParseOptions.Default
            .WithLanguageVersion(LanguageVersion.Latest)
            .WithDocumentationMode(DocumentationMode.Parse)
            .WithPreprocessorSymbols(PreprocessorSymbols())
            .WithFeatures([AllowShebang]);
        var source = CSharpSyntaxTree.ParseText(
            SourceText.From(text, Encoding.UTF8), options, path, cancellationToken);
        var usings = CSharpSyntaxTree.ParseText(
            SourceText.From(ImplicitUsings, Encoding.UTF8), options, "ImplicitUsings.g.cs", cancellationToken);

        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path),
            [source, usings],
            SharedAssemblies.Current.Paths.Select(file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(
                HasTopLevelStatements(source, cancellationToken)
                    ? OutputKind.ConsoleApplication
                    : OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable,
                deterministic: true));
        return Emit(compilation, cancellationToken);
    }

    /// <summary>Whether a source text has top-level statements, which only an executable may have.</summary>
    public static bool HasTopLevelStatements(string source, CancellationToken cancellationToken) =>
        HasTopLevelStatements(CSharpSyntaxTree.ParseText(source, cancellationToken: cancellationToken), cancellationToken);

    private static bool HasTopLevelStatements(SyntaxTree tree, CancellationToken cancellationToken) =>
        tree.GetCompilationUnitRoot(cancellationToken).Members.Any(member => member is GlobalStatementSyntax);

    private static CompiledFile Emit(CSharpCompilation compilation, CancellationToken cancellationToken)
    {
        var compiled = new MemoryStream();
        var symbols = new MemoryStream();
        using var documentation = new MemoryStream();
        var result = compilation.Emit(
            compiled,
            symbols,
            documentation,
            options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb),
            cancellationToken: cancellationToken);
        if (!result.Success)
            throw new JobLoadException(Describe(result.Diagnostics));

        compiled.Position = 0;
        symbols.Position = 0;
        return new CompiledFile(compiled, symbols, Encoding.UTF8.GetString(documentation.ToArray()).TrimStart('\uFEFF'));
    }

    private static string Describe(IEnumerable<Diagnostic> diagnostics)
    {
        var errors = diagnostics
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)
            .ToArray();
        var lines = errors.Select(Describe).Distinct(StringComparer.Ordinal);
        if (errors.Any(error => error.Id is PartialWithoutImplementation))
        {
            lines = lines.Append(
                "A file that needs source generators is built with the SDK when it starts with a #: line, "
                + "such as '#:property Nullable=enable'.");
        }

        return string.Join(Environment.NewLine, lines);
    }

    private static string Describe(Diagnostic error)
    {
        var message = $"{error.GetMessage(System.Globalization.CultureInfo.InvariantCulture)} ({error.Id})";
        var position = error.Location.GetMappedLineSpan();
        return position.IsValid
            ? SourcePosition.Describe(position.Path, position.StartLinePosition.Line + 1, message)
            : message;
    }

    private static IEnumerable<string> PreprocessorSymbols()
    {
        var current = Environment.Version.Major;
        return Enumerable.Range(5, current - 4).Select(version => $"NET{version}_0_OR_GREATER")
            .Concat(["NET", $"NET{current}_0", "NETCOREAPP", "TRACE", "RELEASE"]);
    }
}
