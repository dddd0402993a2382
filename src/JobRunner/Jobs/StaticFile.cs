namespace JobRunner;

/// <summary>A file served by <c>StaticEndpoints()</c> with a media type of its own.</summary>
/// <param name="Path">Path of the file; a relative one resolves against the manifest's folder, the job's and the
/// working directory, in this order.</param>
/// <param name="MediaType">Media type of the answer. Default: guessed from the extension.</param>
public sealed record StaticFile(string Path, string? MediaType = null);
