// Images go into a queue, any number of workers makes thumbnails of them:
//   samples/Images/make-images.sh images 100
//   jobrunner enqueue --queue 'sqlite:images.db' --each image images/*.ppm
//   jobrunner work samples/Images/Job.cs --queue 'sqlite:images.db' --burst
using System.Globalization;
using System.Text;
using JobRunner;

/// <summary>Makes small grey pictures of large coloured ones. Images are binary PPM files, thumbnails PGM files.</summary>
public class Thumbnails
{
    /// <summary>Makes the thumbnail of one image, beside it.</summary>
    /// <param name="image">Path of a PPM file.</param>
    /// <param name="scale">How many pixels of the image, across and down, are one of the thumbnail.</param>
    /// <returns>Path of the thumbnail.</returns>
    public async Task<string> PerformAsync(string image, int scale = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        var (width, height, pixels) = Read(await File.ReadAllBytesAsync(image));
        var (columns, rows) = (width / scale, height / scale);
        if (columns == 0 || rows == 0)
            throw new BrokenImageException($"an image of {width} by {height} pixels is too small to be scaled by {scale}");
        var thumbnail = Path.ChangeExtension(image, ".pgm");

        // Messages come at least once, and a worker may be killed: only a whole file gets the name.
        var unfinished = $"{thumbnail}.{Guid.NewGuid():N}";
        await using (var file = File.Create(unfinished))
        {
            await file.WriteAsync(Encoding.ASCII.GetBytes($"P5\n{columns} {rows}\n255\n"));
            await file.WriteAsync(Shrink(pixels, width, columns, rows, scale));
        }

        File.Move(unfinished, thumbnail, overwrite: true);
        return thumbnail;
    }

    private static byte[] Shrink(byte[] pixels, int width, int columns, int rows, int scale)
    {
        var grey = new byte[columns * rows];
        for (var cell = 0; cell < grey.Length; cell++)
        {
            var (left, top) = (cell % columns * scale, cell / columns * scale);
            long sum = 0;
            for (var y = top; y < top + scale; y++)
            {
                foreach (var value in pixels.AsSpan(((y * width) + left) * 3, scale * 3))
                    sum += value;
            }

            grey[cell] = (byte)(sum / (scale * scale * 3));
        }

        return grey;
    }

    private static (int Width, int Height, byte[] Pixels) Read(byte[] file)
    {
        var lines = Encoding.ASCII.GetString(file, 0, Math.Min(file.Length, 64)).Split('\n', 4);
        var size = lines.Length == 4 && lines[0] == "P6" && lines[2] == "255" ? lines[1].Split(' ') : [];
        if (size.Length != 2
            || !int.TryParse(size[0], NumberStyles.None, CultureInfo.InvariantCulture, out var width)
            || !int.TryParse(size[1], NumberStyles.None, CultureInfo.InvariantCulture, out var height)
            || (long)width * height > int.MaxValue / 3)
            throw new BrokenImageException("the file is no binary PPM image of 255 colours");
        var header = lines[0].Length + lines[1].Length + lines[2].Length + 3;
        if (file.Length - header != width * height * 3)
            throw new BrokenImageException($"an image of {width} by {height} pixels has {width * height * 3} bytes of them, not {file.Length - header}");
        return (width, height, file[header..]);
    }
}

/// <summary>An image cannot be read. It will be no better the next time, so the message is not tried again.</summary>
[NoRetry]
public class BrokenImageException(string message) : Exception(message);
