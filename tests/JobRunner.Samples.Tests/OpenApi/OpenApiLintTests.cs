namespace JobRunner.Samples.Tests.OpenApi;

public sealed class OpenApiLintTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobrunner-openapi-").FullName;

    [Fact]
    public async Task The_documents_of_all_samples_pass_a_public_linter()
    {
        string[] documents =
        [
            await DocumentOfAsync<Job>("Primer"),
            await DocumentOfAsync<FlatPrice>("AuxiliaryEndpoints"),
            await DocumentOfAsync<CityGuide>("StaticEndpoints"),
            await DocumentOfAsync<Thermometer>("Metrics"),
            await DocumentOfAsync<Collatz>("Streaming"),
            await DocumentOfAsync<TextFiles>("Files"),
            await DocumentOfAsync<PrimeExplorer>("Webview"),
            await DocumentOfAsync<Dice>("WebviewApp"),
            await DocumentOfAsync<Greenhouse>("Primer"),
        ];
        (await Linter.CheckAsync(documents)).ShouldBeEmpty();
    }

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
