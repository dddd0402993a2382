namespace JobRunner;

/// <summary>Marks an <c>IDictionary&lt;string, JsonElement&gt;</c> parameter that collects every argument of the
/// payload that no other parameter declares, instead of refusing the call.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ExtraArgumentsAttribute : Attribute;
