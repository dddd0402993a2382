using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace JobRunner.Tests.Architecture;

public sealed partial class DependencyDirectionTests
{
    // The order of CONTRIBUTING.md: a folder uses only those before it.
    private static readonly string[] Folders =
    [
        "Manifest", "Telemetry", "Jobs", "Execution", "Http", "Tasks", "Queues", "Clients", "Dashboard", "Hosting",
    ];

    private static readonly string Library = Path.Combine(Repository.Root, "src", "JobRunner");

    [Fact]
    public void A_folder_of_the_library_uses_only_those_before_it()
    {
        var folderOf = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (folder, _, code) in Sources())
        {
            foreach (Match declaration in Declaration().Matches(code))
                folderOf.TryAdd(declaration.Groups["name"].Value, folder);
        }

        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (folder, file, code) in Sources())
        {
            foreach (Match word in Word().Matches(code))
            {
                if (folderOf.TryGetValue(word.Value, out var used) && Array.IndexOf(Folders, used) > Array.IndexOf(Folders, folder)
                    && !DeclaredNames(code).Contains(word.Value))
                    wrong.Add($"{folder}/{Path.GetFileName(file)} uses {used}.{word.Value}");
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Every_folder_of_the_library_has_its_place()
    {
        Directory.GetDirectories(Library).Select(Path.GetFileName)
            .Where(name => name is not ("bin" or "obj"))
            .ShouldBeSubsetOf(Folders);
    }

    [Fact]
    public void Transports_and_executors_depend_on_the_library_alone()
    {
        foreach (var project in Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            if (name is "JobRunner.Cli")
                continue;
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            references.ShouldBe(name == "JobRunner" ? [] : ["JobRunner"], $"project references of {name}");
        }
    }

    [Fact]
    public void The_sources_are_seen()
    {
        Sources().Select(source => source.Folder).Distinct().ShouldContain("Hosting");
        Sources().Count().ShouldBeGreaterThan(50);
    }

    private static IEnumerable<(string Folder, string File, string Code)> Sources()
    {
        foreach (var folder in Folders.Where(folder => Directory.Exists(Path.Combine(Library, folder))))
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Library, folder), "*.cs", SearchOption.AllDirectories))
                yield return (folder, file, Prose().Replace(File.ReadAllText(file), " "));
        }
    }

    private static HashSet<string> DeclaredNames(string code) =>
        [.. Declaration().Matches(code).Select(declaration => declaration.Groups["name"].Value)];

    // Comments and the insides of strings speak of other things.
    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|\$?@?"(?:[^"\\\n]|\\.)*"|\.\w+""", RegexOptions.Singleline)]
    private static partial Regex Prose();

    // Nested types are named with their owner's name, so only the outer ones count.
    [GeneratedRegex(
        @"^(?:(?:public|internal|file|sealed|static|abstract|partial|readonly)\s+)*"
        + @"(?:class|record\s+struct|record|struct|interface|enum)\s+(?<name>[A-Z]\w+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Word();
}
