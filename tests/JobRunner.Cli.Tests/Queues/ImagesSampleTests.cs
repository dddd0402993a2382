using System.Diagnostics;
using System.Text;

namespace JobRunner.Cli.Tests.Queues;

/// <summary>The sample whose images several worker processes share, with the commands that it shows.</summary>
public sealed class ImagesSampleTests : IDisposable
{
    private const int Images = 30;

    private static readonly string Sample = Path.Combine(Sources.Root, "samples", "Images");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Several_workers_make_a_thumbnail_of_every_image_and_refuse_what_is_none()
    {
        using (var make = Process.Start(Path.Combine(Sample, "make-images.sh"), [_folder["images"], $"{Images}"]))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        _folder.Write("images/broken.ppm", "P6\n64 48\n255\nhalf a picture");
        var images = Directory.GetFiles(_folder["images"], "*.ppm");
        images.Length.ShouldBe(Images + 1);

        var put = await JobRunnerProcess.RunAsync(
            ["enqueue", "--queue", "sqlite:images.db", "--each", "image", .. images], _folder.Path);
        (put.ExitCode, put.Error).ShouldBe((0, string.Empty));
        var workers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => JobRunnerProcess.RunAsync(
            ["work", Path.Combine(Sample, "Job.cs"), "--queue", "sqlite:images.db", "--burst", "--concurrency", "2"], _folder.Path)));

        workers.ShouldAllBe(worker => worker.ExitCode == 0);
        foreach (var image in images.Where(image => !image.Contains("broken", StringComparison.Ordinal)))
            (await File.ReadAllBytesAsync(Path.ChangeExtension(image, ".pgm"))).ShouldBe(await ThumbnailOfAsync(image), image);
        Directory.GetFiles(_folder["images"]).Length.ShouldBe((2 * Images) + 1, "no unfinished file is left");
        var refusals = workers.SelectMany(worker => (worker.Output + worker.Error).Split('\n'))
            .Where(line => line.Contains("dead letter", StringComparison.Ordinal));
        refusals.ShouldHaveSingleItem().ShouldContain("an image of 64 by 48 pixels has 9216 bytes of them, not 14");
    }

    // Every pixel of the thumbnail is the mean of a square of the image, computed here pixel by pixel.
    private static async Task<byte[]> ThumbnailOfAsync(string image)
    {
        var pixels = (await File.ReadAllBytesAsync(image))["P6\n64 48\n255\n".Length..];
        var grey = Enumerable.Range(0, 12).SelectMany(row => Enumerable.Range(0, 16).Select(column =>
        {
            var square = from y in Enumerable.Range(row * 4, 4)
                         from x in Enumerable.Range(column * 4, 4)
                         from colour in Enumerable.Range(0, 3)
                         select (int)pixels[(((y * 64) + x) * 3) + colour];
            return (byte)(square.Sum() / 48);
        }));
        return [.. Encoding.ASCII.GetBytes("P5\n16 12\n255\n"), .. grey];
    }
}
