namespace JobRunner;

/// <summary>Sets the HTTP status that an exception type of a job is answered with.</summary>
/// <param name="status">Status code, 400 to 599.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class JobErrorAttribute(int status) : Attribute
{
    /// <summary>Status code of the answer.</summary>
    public int Status { get; } = status;
}
