using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JobRunner.Jobs;

/// <summary>What nested JSON must look like beyond what the serializer checks by itself: names that differ in case or
/// underscores, and null where nullability forbids it.</summary>
internal sealed class ValueShape
{
    private ValueShape(JsonTypeInfoKind kind) => Kind = kind;

    public JsonTypeInfoKind Kind { get; }

    /// <summary>Shape of the elements of a list or the values of a dictionary; null where nothing is asked of
    /// them.</summary>
    public ValueShape? Element { get; private set; }

    public bool ElementAllowsNull { get; private set; } = true;

    public ArgumentNames<Member>? Members { get; private set; }

    /// <summary>One property of an object.</summary>
    public sealed record Member(string JsonName, ValueShape? Shape);

    /// <summary>Derives the shape of a type, or null where the serializer's own checks are enough.</summary>
    /// <exception cref="JobLoadException">Two properties of a type cannot be told apart.</exception>
    public static ValueShape? Of(Type type, NullabilityInfo? nullability, JsonSerializerOptions options) =>
        Of(type, nullability, options, []);

    private static ValueShape? Of(
        Type type, NullabilityInfo? nullability, JsonSerializerOptions options, Dictionary<Type, ValueShape> known)
    {
        var info = options.GetTypeInfo(type);
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Object when info.PolymorphismOptions is null:
                if (!known.TryGetValue(type, out var shape))
                {
                    known[type] = shape = new ValueShape(info.Kind);
                    shape.Members = MembersOf(info, options, known);
                }

                return shape;
            case JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary when info.ElementType is { } element:
                return OfCollection(info, element, ElementOf(info, nullability), options, known);
            default:
                return null;
        }
    }

    private static ValueShape? OfCollection(
        JsonTypeInfo info,
        Type elementType,
        NullabilityInfo? nullability,
        JsonSerializerOptions options,
        Dictionary<Type, ValueShape> known)
    {
        var element = Of(elementType, nullability, options, known);
        var allowsNull = elementType.IsValueType || nullability?.WriteState != NullabilityState.NotNull;
        return element is null && allowsNull
            ? null
            : new ValueShape(info.Kind) { Element = element, ElementAllowsNull = allowsNull };
    }

    private static NullabilityInfo? ElementOf(JsonTypeInfo info, NullabilityInfo? nullability)
    {
        if (nullability is null)
            return null;
        if (info.Type.IsArray)
            return nullability.ElementType;
        var arguments = nullability.GenericTypeArguments;
        return info.Kind == JsonTypeInfoKind.Dictionary
            ? arguments.ElementAtOrDefault(1)
            : arguments.Length == 1 ? arguments[0] : null;
    }

    private static ArgumentNames<Member> MembersOf(
        JsonTypeInfo info, JsonSerializerOptions options, Dictionary<Type, ValueShape> known)
    {
        var context = new NullabilityInfoContext();
        var names = ArgumentNames<Member>.Create(
            info.Properties
                .Where(property => !property.IsExtensionData && (property.Set ?? (object?)property.AssociatedParameter) is not null)
                .Select(property => (
                    property.Name,
                    new Member(property.Name, Of(property.PropertyType, NullabilityOf(context, property), options, known)))),
            out var ambiguous);
        return names ?? throw new JobLoadException(
            $"{TypeNames.Of(info.Type)}: the properties \"{ambiguous.First}\" and \"{ambiguous.Second}\" cannot be told "
            + "apart by callers, since case and underscores do not count; rename one.");
    }

    private static NullabilityInfo? NullabilityOf(NullabilityInfoContext context, JsonPropertyInfo property) =>
        property.AttributeProvider switch
        {
            PropertyInfo member => context.Create(member),
            FieldInfo member => context.Create(member),
            _ => null,
        };
}
