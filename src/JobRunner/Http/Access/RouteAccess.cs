namespace JobRunner.Http.Access;

/// <summary>Who may use a path.</summary>
internal enum RouteAccess
{
    /// <summary>Whoever holds a token, where the host has tokens; else everybody.</summary>
    Token,

    /// <summary>Everybody: probes, and what a random id protects already.</summary>
    Open,

    /// <summary>Whoever holds a token; where the host has none, callers on this machine only.</summary>
    TokenOrLocal,
}
