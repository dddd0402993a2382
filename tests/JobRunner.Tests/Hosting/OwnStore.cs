using JobRunner.Manifest;
using JobRunner.Tasks;
using JobRunner.Tasks.Embedded;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Tests.Hosting;

/// <summary>A store for one host alone, where its manifest names none. Hosts of one folder share theirs: each would run the
/// tasks of all others, with jobs that do not know them.</summary>
internal sealed class OwnStore : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"jobrunner-{Guid.NewGuid():N}");

    private string File => Path.Combine(_folder, "tasks.db");

    /// <summary>Makes a host use it.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton<ITaskStore>(provider =>
            new EmbeddedStore(Database.InFile(File), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new TaskActivation(QueueUrl.Parse($"sqlite:{File}")));
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
