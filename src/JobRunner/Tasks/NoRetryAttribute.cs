namespace JobRunner;

/// <summary>Says that a failure of this exception type is final: another attempt would end the same way. Tasks and
/// messages are then not retried.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NoRetryAttribute : Attribute;
