using System.Collections.Concurrent;

/// <summary>Keeps everything it is ever asked, which is a leak on purpose: the memory profiler shows where.</summary>
public class Hoarder
{
    private readonly ConcurrentQueue<byte[]> _forgotten = new();

    /// <summary>Builds an answer of some size, and never lets go of a copy.</summary>
    /// <param name="kibibytes">Size of what is kept, in KiB.</param>
    /// <returns>How many copies are kept by now.</returns>
    public int Perform(int kibibytes = 64)
    {
        Remember(kibibytes);
        return _forgotten.Count;
    }

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { kibibytes = 64 };

    private void Remember(int kibibytes) => _forgotten.Enqueue(new byte[kibibytes * 1024]);
}
