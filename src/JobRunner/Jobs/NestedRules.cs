using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JobRunner.Jobs;

/// <summary>Data annotations on the properties of a type and of what it holds. Only values that were read from JSON are
/// looked at, which have no cycles.</summary>
internal sealed class NestedRules
{
    private readonly List<Member> _members = [];
    private NestedRules? _elements;

    private NestedRules()
    {
    }

    private sealed record Member(string Name, Func<object, object?> Get, ValidationAttribute[] Rules, NestedRules? Inner);

    /// <summary>Finds the rules below a type; null where there are none.</summary>
    public static NestedRules? Of(Type type, JsonSerializerOptions options)
    {
        var known = new Dictionary<Type, NestedRules>();
        var rules = Of(type, options, known);
        return known.Values.Any(found => found._members.Exists(member => member.Rules.Length > 0)) ? rules : null;
    }

    /// <summary>Checks a value from its top to its leaves.</summary>
    /// <param name="argument">Name of the argument, for the message.</param>
    /// <param name="path">Place of the value.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentBindingException">A rule is broken; the message names argument, rule and place.</exception>
    public void Check(string argument, string path, object? value)
    {
        if (value is null)
            return;
        foreach (var (name, get, rules, inner) in _members)
        {
            var held = get(value);
            foreach (var rule in rules)
                ArgumentRules.Check(rule, argument, $"{path}.{name}", held, new ValidationContext(value) { MemberName = name, DisplayName = name });
            inner?.Check(argument, $"{path}.{name}", held);
        }

        if (_elements is not { } elements)
            return;
        if (value is IDictionary dictionary)
        {
            foreach (DictionaryEntry entry in dictionary)
                elements.Check(argument, $"{path}[{entry.Key}]", entry.Value);
            return;
        }

        var index = 0;
        foreach (var element in (IEnumerable)value)
            elements.Check(argument, $"{path}[{index++}]", element);
    }

    private static NestedRules? Of(Type type, JsonSerializerOptions options, Dictionary<Type, NestedRules> known)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (known.TryGetValue(type, out var rules))
            return rules;
        var info = options.GetTypeInfo(type);
        var element = type.IsArray ? type.GetElementType() : info.ElementType;
        if (info.Kind == JsonTypeInfoKind.None && element is null)
            return null;
        known[type] = rules = new NestedRules();
        if (element is not null)
            rules._elements = Of(element, options, known);
        foreach (var property in info.Properties)
        {
            if (property.Get is { } get && !property.IsExtensionData)
                rules._members.Add(new Member(property.Name, get, RulesOf(property), Of(property.PropertyType, options, known)));
        }

        return rules;
    }

    // A positional record's annotations stand on the parameter of its constructor.
    private static ValidationAttribute[] RulesOf(JsonPropertyInfo property) =>
    [
        .. new[] { property.AttributeProvider, property.AssociatedParameter?.AttributeProvider }
            .OfType<ICustomAttributeProvider>()
            .SelectMany(provider => provider.GetCustomAttributes(typeof(ValidationAttribute), inherit: true).Cast<ValidationAttribute>()),
    ];
}
