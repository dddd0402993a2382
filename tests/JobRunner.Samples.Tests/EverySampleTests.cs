using System.Diagnostics;
using System.Text.Json;
using JobRunner.Samples.Tests.OpenApi;

namespace JobRunner.Samples.Tests;

/// <summary>What holds for each folder of <c>samples</c>, whatever is in it.</summary>
public sealed class EverySampleTests(ServedSamples samples) : IClassFixture<ServedSamples>
{
    public static TheoryData<string> Folders => [.. SampleFolders.All];

    [Fact]
    public async Task The_documents_of_all_samples_pass_a_public_linter()
    {
        var output = Directory.CreateTempSubdirectory("jobrunner-openapi-").FullName;
        try
        {
            var documents = SampleFolders.All.Select(folder => Path.Combine(output, $"{folder}.json")).ToList();
            foreach (var folder in SampleFolders.All)
                await File.WriteAllTextAsync(Path.Combine(output, $"{folder}.json"), samples[folder].OpenApi);

            documents.Count.ShouldBeGreaterThan(10);
            (await Linter.CheckAsync(documents)).ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_sample_is_served_from_its_source_under_its_name_and_summary(string folder)
    {
        var info = JsonSerializer.Deserialize<JsonElement>(samples[folder].OpenApi).GetProperty("info");

        info.GetProperty("title").GetString().ShouldBe($"Job - {SampleFolders.NameOf(folder)}");
        info.GetProperty("description").GetString().ShouldBe(SampleFolders.SummaryOf(folder));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task The_metrics_of_a_sample_leave_promtool_silent(string folder)
    {
        var metrics = samples[folder].Metrics;

        metrics.ShouldContain("""endpoint_requests_started_total{endpoint="/perform"} 1.0""");
        (await PromtoolAsync(metrics)).ShouldBe((0, string.Empty));
    }

    private static async Task<(int ExitCode, string Findings)> PromtoolAsync(string metrics)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        var findings = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, findings);
    }
}
