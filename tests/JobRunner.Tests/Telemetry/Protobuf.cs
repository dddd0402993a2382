using System.Text;

namespace JobRunner.Tests.Telemetry;

/// <summary>Just enough of the protobuf wire format to find the strings at a path of field numbers.</summary>
internal static class Protobuf
{
    public static List<string> Strings(ReadOnlySpan<byte> message, params ReadOnlySpan<int> path)
    {
        var found = new List<string>();
        Collect(message, path, found);
        return found;
    }

    private static void Collect(ReadOnlySpan<byte> message, ReadOnlySpan<int> path, List<string> found)
    {
        if (path.Length == 0)
        {
            found.Add(Encoding.UTF8.GetString(message));
            return;
        }

        while (message.Length > 0)
        {
            var key = Varint(ref message);
            switch (key & 7)
            {
                case 0:
                    Varint(ref message);
                    break;
                case 1:
                    message = message[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref message);
                    if ((int)(key >> 3) == path[0])
                        Collect(message[..length], path[1..], found);
                    message = message[length..];
                    break;
                case 5:
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {key & 7} is not known.");
            }
        }
    }

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
