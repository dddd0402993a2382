using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace JobRunner.Tests.Http;

public enum Colour
{
    Red,
    DarkGreen,
}

[Flags]
public enum Access
{
    None = 0,
    Read = 1,
    Write = 2,
}

[JsonConverter(typeof(JsonStringEnumConverter))]
public enum Annotated
{
    One,
    Two,
}

public record Point(int X, int Y = 5);

public record Person(string FullName, string? NickName, List<string> HomeTowns, Point? LastSeen = null);

public struct Size
{
    public int FrameWidth { get; set; }

    public string? Unit { get; set; }
}

public class Settings
{
    public required string UserName { get; init; }

    public int Level { get; private set; } = 3;

    [JsonPropertyName("max-age")]
    public int Age { get; set; }

    [JsonIgnore]
    public string Secret { get; set; } = "kept";
}

public class Made
{
    [JsonConstructor]
    private Made(int partCount) => PartCount = partCount;

    public int PartCount { get; }
}

public class Open
{
    public int Known { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement> Rest { get; set; } = [];
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Polygon), "polygon")]
public abstract class Shape;

public class Circle : Shape
{
    public double OuterRadius { get; set; }
}

public class Polygon : Shape
{
    public List<string> CornerNames { get; set; } = [];
}

public class Tree : List<Tree>;

public class Node
{
    public string Name { get; set; } = "";

    public List<Node> ChildNodes { get; set; } = [];
}

/// <summary>Gives back what it gets, for every kind of value.</summary>
public class EchoJob
{
    public int Perform(int value) => value;

    public IReadOnlyDictionary<string, Delegate> AuxiliaryEndpoints() => new Dictionary<string, Delegate>
    {
        ["/bool"] = (bool value) => value,
        ["/byte"] = (byte value) => value,
        ["/int"] = (int value) => value,
        ["/long"] = (long value) => value,
        ["/ulong"] = (ulong value) => value,
        ["/int128"] = (Int128 value) => value,
        ["/big"] = (BigInteger value) => value,
        ["/half"] = (Half value) => value,
        ["/float"] = (float value) => value,
        ["/double"] = (double value) => value,
        ["/decimal"] = (decimal value) => value,
        ["/char"] = (char value) => value,
        ["/string"] = (string value) => value,
        ["/int?"] = (int? value) => value,
        ["/string?"] = (string? value) => value,
        ["/double?"] = (double? value) => value,
        ["/colour"] = (Colour value) => value,
        ["/colour?"] = (Colour? value) => value,
        ["/access"] = (Access value) => value,
        ["/annotated"] = (Annotated value) => value,
        ["/date-time"] = (DateTime value) => value,
        ["/offset"] = (DateTimeOffset value) => value,
        ["/date"] = (DateOnly value) => value,
        ["/time"] = (TimeOnly value) => value,
        ["/span"] = (TimeSpan value) => value,
        ["/guid"] = (Guid value) => value,
        ["/uri"] = (Uri value) => value,
        ["/version"] = (Version value) => value,
        ["/bytes"] = (byte[] value) => value,
        ["/element"] = (JsonElement value) => value,
        ["/node"] = (JsonNode? value) => value,
        ["/object"] = (object value) => value,
        ["/list"] = (List<string> value) => value,
        ["/list-of-null"] = (List<string?> value) => value,
        ["/ints"] = (IReadOnlyList<int> value) => value,
        ["/set"] = (HashSet<int> value) => value,
        ["/immutable"] = (ImmutableArray<string> value) => value,
        ["/jagged"] = (int[][] value) => value,
        ["/matrix"] = (double[,] value) => value,
        ["/cube"] = (int[,,] value) => value,
        ["/names-matrix"] = (string[,] value) => value,
        ["/points-matrix"] = (Person[,] value) => value,
        ["/map"] = (Dictionary<string, List<string>> value) => value,
        ["/by-colour"] = (Dictionary<Colour, int> value) => value,
        ["/by-int"] = (Dictionary<int, string> value) => value,
        ["/tuple"] = ((int First, string Second) value) => value,
        ["/point"] = (Point value) => value,
        ["/point?"] = (Point? value) => value,
        ["/person"] = (Person value) => value,
        ["/people"] = (List<Person> value) => value,
        ["/size?"] = (Size? value) => value,
        ["/sizes"] = (List<Size?> value) => value,
        ["/settings"] = (Settings value) => value,
        ["/secret"] = (Settings value) => value.Secret,
        ["/made"] = (Made value) => value,
        ["/open"] = (Open value) => value,
        ["/shape"] = (Shape value) => value,
        ["/shapes"] = (List<Shape> value) => value,
        ["/tree"] = (Tree value) => value,
        ["/node-tree"] = (Node value) => value,
        ["/dynamic"] = (dynamic value) => value,
        ["/params"] = Params,
    }.ToDictionary(entry => entry.Key.Replace("?", "-or-null", StringComparison.Ordinal), entry => entry.Value);

    private static int Params(params int[] value) => value.Sum();
}
