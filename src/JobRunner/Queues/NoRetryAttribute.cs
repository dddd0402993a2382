namespace JobRunner;

/// <summary>Marks an exception of a job that another attempt cannot mend: a message that ends in it goes to the dead
/// letters at once. Derived exceptions inherit it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NoRetryAttribute : Attribute;
