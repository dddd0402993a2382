using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace JobRunner.Jobs;

/// <summary>The XML documentation comments of a job's assembly.</summary>
internal sealed partial class XmlDocumentation
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocumentation(Dictionary<string, XElement> members) => _members = members;

    public static XmlDocumentation Empty { get; } = new([]);

    /// <summary>Reads the documentation file beside an assembly; without one, or with a broken one, it is
    /// empty.</summary>
    public static XmlDocumentation Beside(Assembly assembly)
    {
        if (string.IsNullOrEmpty(assembly.Location))
            return Empty;
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        return File.Exists(path) ? Parse(File.ReadAllText(path)) : Empty;
    }

    public static XmlDocumentation Parse(string? xml)
    {
        if (string.IsNullOrWhiteSpace(xml))
            return Empty;
        try
        {
            var members = new Dictionary<string, XElement>(StringComparer.Ordinal);
            foreach (var member in XDocument.Parse(xml).Descendants("member"))
            {
                if (member.Attribute("name")?.Value is { } name)
                    members[name] = member;
            }

            return new XmlDocumentation(members);
        }
        catch (XmlException)
        {
            return Empty;
        }
    }

    public string? Summary(Type type) => Text($"T:{TypeId(type)}", "summary");

    public string? Summary(MethodInfo method) => Text(MethodId(method), "summary");

    public string? Remarks(MethodInfo method) => Text(MethodId(method), "remarks");

    public string? Returns(MethodInfo method) => Text(MethodId(method), "returns");

    public string? Parameter(MethodInfo method, string name) =>
        _members.TryGetValue(MethodId(method), out var member)
            ? Clean(member.Elements("param").FirstOrDefault(param => param.Attribute("name")?.Value == name))
            : null;

    public string? Property(PropertyInfo property) =>
        Text($"P:{TypeId(property.DeclaringType!)}.{property.Name}", "summary")
        ?? RecordParameter(property.DeclaringType!, property.Name);

    // A positional record documents its properties as parameters of the type.
    private string? RecordParameter(Type type, string name) =>
        _members.TryGetValue($"T:{TypeId(type)}", out var member)
            ? Clean(member.Elements("param").FirstOrDefault(param => param.Attribute("name")?.Value == name))
            : null;

    private string? Text(string id, string element) =>
        _members.TryGetValue(id, out var member) ? Clean(member.Element(element)) : null;

    private static string? Clean(XElement? element)
    {
        if (element is null)
            return null;
        var text = new StringBuilder();
        Append(element, text);
        var clean = Whitespace().Replace(text.ToString(), " ").Trim();
        return clean.Length == 0 ? null : clean;
    }

    private static void Append(XElement element, StringBuilder text)
    {
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XText part:
                    text.Append(part.Value);
                    break;
                case XElement reference when reference.IsEmpty:
                    var target = reference.Attribute("langword") ?? reference.Attribute("name") ?? reference.Attribute("cref");
                    text.Append(target?.Value.Split('.', ':')[^1]);
                    break;
                case XElement child:
                    Append(child, text);
                    break;
            }
        }
    }

    // The id format of the C# specification, annex D.4.2.
    private static string MethodId(MethodInfo method)
    {
        var declared = method.DeclaringType is { IsGenericType: true } generic
            ? generic.GetGenericTypeDefinition().GetMethods(
                    BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static)
                .First(candidate => candidate.MetadataToken == method.MetadataToken)
            : method;
        var parameters = string.Join(",", declared.GetParameters().Select(parameter => TypeId(parameter.ParameterType)));
        var id = $"M:{TypeId(declared.DeclaringType!)}.{declared.Name}";
        return parameters.Length == 0 ? id : $"{id}({parameters})";
    }

    private static string TypeId(Type type)
    {
        if (type.IsGenericParameter)
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        if (type.IsArray)
        {
            var rank = type.GetArrayRank();
            var bounds = rank == 1 ? string.Empty : string.Join(",", Enumerable.Repeat("0:", rank));
            return $"{TypeId(type.GetElementType()!)}[{bounds}]";
        }

        if (!type.IsGenericType || type.IsGenericTypeDefinition)
            return (type.FullName ?? type.Name).Replace('+', '.');
        var definition = type.GetGenericTypeDefinition().FullName!.Replace('+', '.');
        return $"{Arity().Replace(definition, string.Empty)}{{{string.Join(",", type.GetGenericArguments().Select(TypeId))}}}";
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Whitespace();

    [GeneratedRegex(@"`\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Arity();
}
