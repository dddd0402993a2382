using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JobRunner.Tests.Architecture;

/// <summary>Which folder of the library uses types of which other, as the compiler sees it.</summary>
internal static class LibrarySources
{
    public sealed record Use(string Folder, string File, string UsedFolder, string Type);

    public static IEnumerable<Use> Uses(string library)
    {
        var trees = Directory.GetDirectories(library)
            .Where(folder => Path.GetFileName(folder) is not ("bin" or "obj"))
            .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file))
            .ToList();

        // Generated code (log messages, regular expressions) is missing here; the types that it fills in are not.
        var compilation = CSharpCompilation.Create("JobRunner", trees.Append(ImplicitUsings()), References());
        foreach (var tree in trees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                var symbol = model.GetSymbolInfo(name).Symbol;
                var type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
                if (type?.DeclaringSyntaxReferences is [var declared, ..] && declared.SyntaxTree.FilePath.Length > 0)
                {
                    yield return new Use(
                        Folder(library, tree), Path.GetFileName(tree.FilePath), Folder(library, declared.SyntaxTree), type.Name);
                }
            }
        }
    }

    private static string Folder(string library, SyntaxTree tree) =>
        Path.GetRelativePath(library, tree.FilePath).Split(Path.DirectorySeparatorChar)[0];

    private static SyntaxTree ImplicitUsings() => CSharpSyntaxTree.ParseText("""
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """);

    private static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("JobRunner", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
}
