using System.Globalization;
using System.Text;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>The sample that is fed from a queue, worked on by several processes.</summary>
public sealed class ImagesSampleTests : IDisposable
{
    private const string Queue = "sqlite:tasks.db?queue=images&retry_delay=100ms&max_attempts=20";

    private static readonly string Sample = Path.Combine(Sources.Root, "samples", "Images", "Job.cs");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_image_that_is_put_has_its_thumbnail_on_disk()
    {
        string[] images = [.. Enumerable.Range(0, 120).Select(number => number.ToString("'image-'000", CultureInfo.InvariantCulture))];

        // The thumbnails are asked for before the images are drawn: those messages come again until they can be done.
        foreach (var arguments in (string[][])[["--each", "image"], ["--endpoint", "/draw", "--each", "image"]])
        {
            var put = await JobRunnerProcess.RunAsync(["enqueue", "--queue", Queue, .. arguments, .. images], _folder.Path);
            put.ExitCode.ShouldBe(0, put.Error);
        }

        var run = await JobRunnerProcess.RunAsync(["work", Sample, "--queue", Queue, "--burst", "--workers", "3"], _folder.Path);

        run.ExitCode.ShouldBe(0, run.Error);
        foreach (var image in images)
        {
            var thumbnail = await File.ReadAllBytesAsync(_folder[$"thumbnails/{image}.pgm"]);
            Encoding.ASCII.GetString(thumbnail, 0, 13).ShouldBe("P5\n32 32\n255\n");
            thumbnail.Length.ShouldBe(13 + (32 * 32));
        }
    }
}
