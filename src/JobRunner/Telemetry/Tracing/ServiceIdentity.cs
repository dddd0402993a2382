using Microsoft.Extensions.Configuration;
using OpenTelemetry.Resources;

namespace JobRunner.Telemetry.Tracing;

/// <summary>What a collector is told about the sender, unless <c>OTEL_*</c> variables say otherwise.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Version">The job's version.</param>
internal sealed record ServiceIdentity(string Name, string? Version)
{
    public void AddTo(ResourceBuilder resource, IConfiguration configuration)
    {
        var named = !string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"])
            || configuration["OTEL_RESOURCE_ATTRIBUTES"]?.Contains("service.name=", StringComparison.Ordinal) == true;
        if (!named)
            resource.AddService(Name, serviceVersion: Version);
    }
}
