using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace JobRunner.Jobs;

/// <summary>Writes types as C# source writes them.</summary>
internal static partial class TypeNames
{
    private static readonly FrozenDictionary<Type, string> Keywords = new Dictionary<Type, string>
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(char)] = "char",
        [typeof(decimal)] = "decimal",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(void)] = "void",
    }.ToFrozenDictionary();

    public static string Of(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Of(underlying) + "?";
        if (type.IsArray)
            return OfArray(type);
        if (type.IsGenericParameter || !type.IsGenericType)
            return type.IsNested && !type.IsGenericParameter ? $"{Of(type.DeclaringType!)}.{type.Name}" : type.Name;

        var arguments = string.Join(", ", type.GetGenericArguments().Select(Of));
        if (type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
            return $"({arguments})";
        var name = type.Name;
        var tick = name.IndexOf('`', StringComparison.Ordinal);
        return $"{(tick < 0 ? name : name[..tick])}<{arguments}>";
    }

    /// <summary>The same of a name that the runtime gave, such as <c>System.Nullable`1[System.Int32]</c>.</summary>
    public static string OfRuntimeName(string name)
    {
        var text = QualifiedName().Replace(name, match => Simple(match.Value));
        string before;
        do
        {
            before = text;
            text = GenericArguments().Replace(text, match =>
                match.Groups["name"].Value == "Nullable"
                    ? match.Groups["arguments"].Value + "?"
                    : $"{match.Groups["name"].Value}<{match.Groups["arguments"].Value.Replace(",", ", ", StringComparison.Ordinal)}>");
        }
        while (text != before);
        return text;
    }

    private static string Simple(string qualified) =>
        Keywords.FirstOrDefault(keyword => keyword.Key.FullName == qualified).Value
        ?? qualified[(qualified.LastIndexOf('.') + 1)..].Replace('+', '.');

    [GeneratedRegex(@"[\w.+]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QualifiedName();

    [GeneratedRegex(@"(?<name>[\w.]+)`\d+\[(?<arguments>[^\[\]`]*(?:\[,*\][^\[\]`]*)*)\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GenericArguments();

    // C# writes the ranks of nested arrays from the outside in: int[][,] is an array of int[,].
    private static string OfArray(Type type)
    {
        var ranks = string.Empty;
        var element = type;
        while (element.IsArray)
        {
            ranks += $"[{new string(',', element.GetArrayRank() - 1)}]";
            element = element.GetElementType()!;
        }

        return Of(element) + ranks;
    }
}
