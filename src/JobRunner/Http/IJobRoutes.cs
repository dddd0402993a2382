namespace JobRunner.Http;

/// <summary>Gives some of the paths that a host answers.</summary>
internal interface IJobRoutes
{
    /// <summary>The paths as of now; asked again whenever the job has changed.</summary>
    IEnumerable<JobRoute> Routes();
}
