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
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsArray && type.GetArrayRank() > 1)
            return OfMultiDimensional(type, nullability, options, known);
        var info = options.GetTypeInfo(type);
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Object:
                if (!known.TryGetValue(type, out var shape))
                {
                    known[type] = shape = new ValueShape(info.Kind);
                    shape.Members = MembersOf(info, options, known);
                }

                return shape;
            case JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary when info.ElementType is { } element:
                return TryFindElement(type, element, nullability, out var elementNullability)
                    ? OfCollection(info.Kind, element, elementNullability, options, known)
                    : OfOpaqueCollection(info, element, options, known);
            default:
                return null;
        }
    }

    private static ValueShape? OfCollection(
        JsonTypeInfoKind kind,
        Type elementType,
        NullabilityInfo? nullability,
        JsonSerializerOptions options,
        Dictionary<Type, ValueShape> known)
    {
        var element = Of(elementType, nullability, options, known);
        var allowsNull = elementType.IsValueType || nullability?.WriteState != NullabilityState.NotNull;
        return element is null && allowsNull
            ? null
            : new ValueShape(kind) { Element = element, ElementAllowsNull = allowsNull };
    }

    // A class of its own that is a collection may hold itself.
    private static ValueShape OfOpaqueCollection(
        JsonTypeInfo info, Type elementType, JsonSerializerOptions options, Dictionary<Type, ValueShape> known)
    {
        if (known.TryGetValue(info.Type, out var shape))
            return shape;
        known[info.Type] = shape = new ValueShape(info.Kind);
        shape.Element = Of(elementType, nullability: null, options, known);
        return shape;
    }

    // The serializer leaves these to a converter of ours; in JSON they are lists of lists.
    private static ValueShape? OfMultiDimensional(
        Type type, NullabilityInfo? nullability, JsonSerializerOptions options, Dictionary<Type, ValueShape> known)
    {
        const JsonTypeInfoKind list = JsonTypeInfoKind.Enumerable;
        var shape = OfCollection(list, type.GetElementType()!, nullability?.ElementType, options, known);
        for (var level = 1; shape is not null && level < type.GetArrayRank(); level++)
            shape = new ValueShape(list) { Element = shape, ElementAllowsNull = false };
        return shape;
    }

    private static bool TryFindElement(
        Type type, Type element, NullabilityInfo? nullability, out NullabilityInfo? elementNullability)
    {
        elementNullability = nullability?.ElementType;
        if (type.IsArray)
            return true;
        var place = type.IsGenericType ? Array.LastIndexOf(type.GetGenericArguments(), element) : -1;
        elementNullability = place < 0 ? null : nullability?.GenericTypeArguments.ElementAtOrDefault(place);
        return place >= 0;
    }

    private static ArgumentNames<Member> MembersOf(
        JsonTypeInfo info, JsonSerializerOptions options, Dictionary<Type, ValueShape> known)
    {
        var context = new NullabilityInfoContext();
        var names = ArgumentNames<Member>.Create(
            PropertiesOf(info, options)
                .Where(property => !property.IsExtensionData && (property.Set ?? (object?)property.AssociatedParameter) is not null)
                .Select(property => (
                    property.Name,
                    new Member(property.Name, Of(property.PropertyType, NullabilityOf(context, property), options, known)))),
            out var ambiguous);
        return names ?? throw new JobLoadException(
            $"{TypeNames.Of(info.Type)}: the properties \"{ambiguous.First}\" and \"{ambiguous.Second}\" cannot be told "
            + "apart by callers, since case and underscores do not count; rename one.");
    }

    // Which derived class a value is of shows only when it is read: it may have the properties of any.
    private static IEnumerable<JsonPropertyInfo> PropertiesOf(JsonTypeInfo info, JsonSerializerOptions options) =>
        info.PolymorphismOptions is null
            ? info.Properties
            : info.PolymorphismOptions.DerivedTypes
                .Where(derived => derived.DerivedType != info.Type)
                .SelectMany(derived => options.GetTypeInfo(derived.DerivedType).Properties)
                .Concat(info.Properties)
                .DistinctBy(property => ArgumentNames<Member>.Fold(property.Name), StringComparer.OrdinalIgnoreCase);

    private static NullabilityInfo? NullabilityOf(NullabilityInfoContext context, JsonPropertyInfo property) =>
        property.AttributeProvider switch
        {
            PropertyInfo member => context.Create(member),
            FieldInfo member => context.Create(member),
            _ => null,
        };
}
