using System.IO.Compression;
using System.Text;
using JobRunner;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

/// <summary>Takes files and gives files back.</summary>
public class TextFiles
{
    private static readonly char[] Separators = [' ', '\t', '\r', '\n'];

    /// <summary>Counts the words of a text file.</summary>
    /// <param name="file">The file, in UTF-8.</param>
    /// <param name="shortest">Shortest word that counts, in characters.</param>
    /// <returns>Name and size of the file, and its words.</returns>
    public async Task<FileFacts> Perform(IFormFile file, int shortest = 1)
    {
        using var reader = new StreamReader(file.OpenReadStream(), Encoding.UTF8);
        var text = await reader.ReadToEndAsync();
        var words = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        return new FileFacts(file.FileName, file.Length, words.Count(word => word.Length >= shortest));
    }

    /// <summary>Compresses a file.</summary>
    /// <param name="file">Any file.</param>
    /// <returns>The file in gzip format.</returns>
    [JobEndpoint("/compress")]
    [Produces("application/gzip")]
    public async Task<Stream> Compress(Stream file)
    {
        var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            await file.CopyToAsync(gzip);
        compressed.Position = 0;
        return compressed;
    }

    /// <summary>Paints a bitmap of one colour.</summary>
    /// <param name="red">Share of red, 0 to 255.</param>
    /// <param name="green">Share of green, 0 to 255.</param>
    /// <param name="blue">Share of blue, 0 to 255.</param>
    /// <returns>A bitmap of one pixel.</returns>
    [JobEndpoint("/pixel", Method = "GET")]
    [Produces("image/bmp")]
    public byte[] Pixel(byte red = 0, byte green = 0, byte blue = 0)
    {
        using var bitmap = new MemoryStream();
        using var writer = new BinaryWriter(bitmap);
        writer.Write("BM"u8);
        foreach (var field in (int[])[58, 0, 54, 40, 1, 1, 24 << 16 | 1, 0, 4, 2835, 2835, 0, 0])
            writer.Write(field);
        writer.Write([blue, green, red, 0]);
        return bitmap.ToArray();
    }
}

/// <summary>What is known of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Words">The number of its words.</param>
public record FileFacts(string Name, long Size, int Words);
