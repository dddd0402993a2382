namespace JobRunner.Samples.Tests.OpenApi;

/// <summary>The linter beyond the samples, which <see cref="EverySampleTests"/> gives it.</summary>
public sealed class OpenApiLintTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-openapi-").FullName;

    [Fact]
    public async Task The_document_of_every_kind_of_type_passes_a_public_linter() =>
        (await Linter.CheckAsync([await DocumentOfAsync<Greenhouse>("Primer")])).ShouldBeEmpty();

    [Fact]
    public async Task The_linter_finds_what_is_wrong()
    {
        var broken = Path.Combine(_folder, "broken.json");
        var document = await File.ReadAllTextAsync(await DocumentOfAsync<Job>("Primer"));
        await File.WriteAllTextAsync(broken, document.Replace("\"integer\"", "\"numeral\"", StringComparison.Ordinal));
        (await Linter.CheckAsync([broken])).ShouldNotBeEmpty();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> DocumentOfAsync<TJob>(string folder)
        where TJob : class
    {
        await using var server = await SampleServer.StartAsync<TJob>(folder);
        var path = Path.Combine(_folder, $"{typeof(TJob).Name}.json");
        await File.WriteAllTextAsync(path, await server.Client.GetStringAsync("/openapi.json"));
        return path;
    }
}
