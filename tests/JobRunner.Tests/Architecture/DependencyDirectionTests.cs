using System.Xml.Linq;

namespace JobRunner.Tests.Architecture;

public sealed class DependencyDirectionTests
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
        var uses = LibrarySources.Uses(Library).ToList();

        uses.Count.ShouldBeGreaterThan(500);
        uses.Where(use => Array.IndexOf(Folders, use.Folder) < Array.IndexOf(Folders, use.UsedFolder))
            .Select(use => $"{use.Folder}/{use.File} uses {use.UsedFolder}.{use.Type}")
            .Distinct(StringComparer.Ordinal)
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_folder_of_the_library_has_its_place() =>
        Directory.GetDirectories(Library).Select(Path.GetFileName)
            .Where(name => name is not ("bin" or "obj"))
            .ShouldBeSubsetOf(Folders);

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
}
