namespace JobRunner.Clients;

/// <summary>Who calls what.</summary>
internal sealed record CallTarget(string SourceJob, string Job, JobCallOptions Options)
{
    private const int LongestQuote = 4096;

    /// <summary>Path below the public URL: <c>/job/{name}/{version}{path}</c>.</summary>
    public string Path =>
        $"/job/{Uri.EscapeDataString(Job)}/{Uri.EscapeDataString(Options.Version)}/{Options.Path.TrimStart('/')}";

    public JobCallException Failure(string reason, Exception? cause = null) =>
        new(this, reason, status: null, answer: null, cause);

    /// <summary>The failure that an answer means; its text is quoted, cut where it is long.</summary>
    public JobCallException Refusal(string reason, int status, string answer, Exception? cause = null)
    {
        var quote = answer.Length > LongestQuote ? answer[..LongestQuote] + "…" : answer;
        return new JobCallException(this, quote.Length == 0 ? reason : $"{reason}: {quote}", status, answer, cause);
    }
}
