// Put many small images and work them off with several processes:
//   jobrunner enqueue --queue 'sqlite:tasks.db?queue=images' --endpoint /draw --each image a b c
//   jobrunner enqueue --queue 'sqlite:tasks.db?queue=images' --each image a b c
//   jobrunner work samples/Images/Job.cs --queue 'sqlite:tasks.db?queue=images' --burst
// Images and thumbnails are PGM files in the folders images and thumbnails of the working directory.

/// <summary>Makes thumbnails of grey images; fed from a queue.</summary>
public class Thumbnailer
{
    /// <summary>Halves an image.</summary>
    /// <param name="image">Name of the image, without folder and extension.</param>
    /// <returns>Size of the thumbnail.</returns>
    public async Task<Size> PerformAsync(string image)
    {
        var source = PathOf("images", image);

        // It may still be waiting in the queue to be drawn: the message comes again a little later.
        if (!File.Exists(source))
            throw new InvalidOperationException($"There is no image {image} yet.");
        var (width, height, pixels) = Read(await File.ReadAllBytesAsync(source));
        var half = new byte[width / 2 * (height / 2)];
        for (var y = 0; y < height / 2; y++)
        {
            for (var x = 0; x < width / 2; x++)
            {
                var sum = pixels[(2 * y * width) + (2 * x)] + pixels[(2 * y * width) + (2 * x) + 1]
                    + pixels[(((2 * y) + 1) * width) + (2 * x)] + pixels[(((2 * y) + 1) * width) + (2 * x) + 1];
                half[(y * (width / 2)) + x] = (byte)(sum / 4);
            }
        }

        await WriteAsync(PathOf("thumbnails", image), width / 2, height / 2, half);
        return new Size(width / 2, height / 2);
    }

    /// <summary>Draws an image to try it with: a gradient.</summary>
    /// <param name="image">Name of the image.</param>
    /// <param name="size">Width and height in pixels.</param>
    public async Task<Size> DrawAsync(string image, int size = 64)
    {
        var pixels = new byte[size * size];
        for (var index = 0; index < pixels.Length; index++)
            pixels[index] = (byte)((index % size) + (index / size));
        await WriteAsync(PathOf("images", image), size, size, pixels);
        return new Size(size, size);
    }

    /// <summary>Drawing is an endpoint of its own.</summary>
    public IReadOnlyDictionary<string, Delegate> AuxiliaryEndpoints() =>
        new Dictionary<string, Delegate>(StringComparer.Ordinal) { ["/draw"] = DrawAsync };

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { image = "a" };

    private static string PathOf(string folder, string image) =>
        image.Length > 0 && image.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            ? Path.Combine(folder, $"{image}.pgm")
            : throw new ArgumentException($"'{image}' is no name of an image; use letters, digits, - and _.", nameof(image));

    // A binary PGM is a header of three lines and the pixels.
    private static (int Width, int Height, byte[] Pixels) Read(byte[] file)
    {
        var header = System.Text.Encoding.ASCII.GetString(file, 0, Math.Min(file.Length, 40)).Split('\n');
        if (header is not ["P5", var size, "255", ..] || size.Split(' ') is not [var first, var second])
            throw new FormatException("The file is no grey image of this sample's kind.");
        var (width, height) = (int.Parse(first), int.Parse(second));
        return (width, height, file[^(width * height)..]);
    }

    private static async Task WriteAsync(string path, int width, int height, byte[] pixels)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var header = System.Text.Encoding.ASCII.GetBytes($"P5\n{width} {height}\n255\n");

        // Whole or not at all: a worker may be killed at any moment, and another one may be reading.
        var part = $"{path}.{Guid.NewGuid():N}";
        await File.WriteAllBytesAsync(part, [.. header, .. pixels]);
        File.Move(part, path, overwrite: true);
    }
}

/// <summary>Size of an image in pixels.</summary>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
public record Size(int Width, int Height);
