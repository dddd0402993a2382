using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace JobRunner.Telemetry.Metrics;

/// <summary>What runs here: the <c>jobrunner_build_info</c> gauge, always 1, with the facts as labels.</summary>
internal static class BuildInformation
{
    public static readonly string Version =
        typeof(BuildInformation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown";

    public static void AddTo(Meter meter)
    {
        var measurement = new Measurement<long>(
            1,
            new KeyValuePair<string, object?>("version", Version),
            new KeyValuePair<string, object?>("runtime", RuntimeInformation.FrameworkDescription),
            new KeyValuePair<string, object?>("os", RuntimeInformation.RuntimeIdentifier));
        meter.CreateObservableGauge(
            "jobrunner_build_info", () => measurement, null, "Always 1; the labels say what runs.");
    }
}
