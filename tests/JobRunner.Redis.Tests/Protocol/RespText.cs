using System.Buffers;
using System.Globalization;
using System.Text;
using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Tests.Protocol;

/// <summary>Replies as readable text, and as the bytes that a server sends.</summary>
internal static class RespText
{
    public static string Of(RespValue value) => value.Kind switch
    {
        RespKind.Null => "null",
        RespKind.Integer => $":{value.Integer}",
        RespKind.Boolean => $"#{value.Integer}",
        RespKind.Array or RespKind.Map or RespKind.Set or RespKind.Push =>
            $"{Mark(value.Kind)}[{string.Join(' ', value.Items.Select(Of))}]",
        _ => Mark(value.Kind) + Encoding.UTF8.GetString(value.Bytes.Span),
    };

    public static byte[] Write(RespValue value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Write(bytes, value);
        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> to, RespValue value)
    {
        switch (value.Kind)
        {
            case RespKind.Null:
                Line(to, "_");
                break;
            case RespKind.Integer:
                Line(to, string.Create(CultureInfo.InvariantCulture, $":{value.Integer}"));
                break;
            case RespKind.Boolean:
                Line(to, value.Integer == 0 ? "#f" : "#t");
                break;
            case RespKind.BulkString:
                Line(to, $"${value.Bytes.Length}");
                to.Write(value.Bytes.Span);
                Line(to, "");
                break;
            case RespKind.Array or RespKind.Set or RespKind.Push or RespKind.Map:
                Line(to, $"{Mark(value.Kind)}{value.Items.Count / (value.Kind == RespKind.Map ? 2 : 1)}");
                foreach (var item in value.Items) Write(to, item);
                break;
            default:
                Line(to, Mark(value.Kind) + Encoding.UTF8.GetString(value.Bytes.Span));
                break;
        }
    }

    private static void Line(ArrayBufferWriter<byte> to, string text) => to.Write(Encoding.UTF8.GetBytes(text + "\r\n"));

    private static string Mark(RespKind kind) => kind switch
    {
        RespKind.SimpleString => "+",
        RespKind.BulkString => "$",
        RespKind.VerbatimString => "=",
        RespKind.Error => "-",
        RespKind.Double => ",",
        RespKind.BigNumber => "(",
        RespKind.Array => "*",
        RespKind.Map => "%",
        RespKind.Set => "~",
        RespKind.Push => ">",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
