namespace JobRunner.Redis.Streams;

/// <summary>An entry as it was handed out; the receipt of a lease.</summary>
/// <param name="Stream">The stream that it is in.</param>
/// <param name="Id">Its id there.</param>
/// <param name="Delivery">How often it has been handed out: a later delivery makes an earlier one void.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record StreamEntry(string Stream, string Id, long Delivery, StreamFields Fields);
