using System.Reflection;
using System.Text.Json;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace JobRunner.Jobs;

/// <summary>What reflection found in a job class, once, at load.</summary>
public sealed class JobDefinition
{
    private JobDefinition(
        Type type, IReadOnlyList<EndpointDefinition> endpoints, IReadOnlyList<string> warnings, JsonSerializerOptions json)
    {
        JobType = type;
        Endpoints = endpoints;
        Warnings = warnings;
        JsonOptions = json;
    }

    /// <summary>The job class.</summary>
    public Type JobType { get; }

    /// <summary>All endpoints, <c>/perform</c> first.</summary>
    public IReadOnlyList<EndpointDefinition> Endpoints { get; }

    /// <summary>What is odd but no error.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Options that payloads are read and results written with.</summary>
    public JsonSerializerOptions JsonOptions { get; }

    /// <summary>The endpoint behind <c>/perform</c>.</summary>
    public EndpointDefinition Perform => Endpoints[0];

    /// <summary>Summary of the class from its XML documentation.</summary>
    public string? Summary { get; private init; }

    /// <summary>Files that the job serves: path below <c>/api/v1</c> to path, <see cref="StaticFile"/> or folder.</summary>
    internal IReadOnlyList<KeyValuePair<string, StaticFile>> StaticFiles { get; private init; } = [];

    internal MethodInfo? Metrics { get; private init; }

    internal MethodInfo? HealthCheck { get; private init; }

    internal MethodInfo? WebviewApp { get; private init; }

    internal MethodInfo? ConfigureWebview { get; private init; }

    internal XmlDocumentation Documentation { get; private init; } = XmlDocumentation.Empty;

    /// <summary>Reads a job.</summary>
    /// <param name="job">Instance of the job class.</param>
    /// <param name="namedFloats">Write NaN and infinities as strings instead of null.</param>
    /// <param name="ignoresUnknownArguments">Leave undeclared arguments out instead of refusing the call.</param>
    /// <param name="documentation">XML documentation; by default the file beside the assembly.</param>
    /// <exception cref="JobLoadException">The class breaks a rule of the contract; the message says which.</exception>
    internal static JobDefinition Create(
        object job,
        bool namedFloats = false,
        bool ignoresUnknownArguments = false,
        XmlDocumentation? documentation = null)
    {
        var type = job.GetType();
        documentation ??= XmlDocumentation.Beside(type.Assembly);
        var json = JobJson.CreateOptions(namedFloats);
        var endpoints = new EndpointDiscovery(job, json, documentation, ignoresUnknownArguments).Discover();
        var warnings = JobExamples.Apply(job, endpoints, json);
        return new JobDefinition(type, endpoints, warnings, json)
        {
            Summary = documentation.Summary(type),
            Documentation = documentation,
            StaticFiles = ReadStaticFiles(job),
            Metrics = OptionalMembers.Find(type, "Metrics"),
            HealthCheck = OptionalMembers.Find(type, "CheckHealthAsync", typeof(CancellationToken)),
            WebviewApp = OptionalMembers.Find(type, "WebviewApp", typeof(string)),
            ConfigureWebview = OptionalMembers.Find(
                type, "ConfigureWebview", typeof(IApplicationBuilder), typeof(string)),
        };
    }

    private static List<KeyValuePair<string, StaticFile>> ReadStaticFiles(object job)
    {
        var files = new List<KeyValuePair<string, StaticFile>>();
        var endpoints = OptionalMembers.Call(job, "StaticEndpoints");
        foreach (var (path, value) in OptionalMembers.Entries("StaticEndpoints", endpoints))
        {
            files.Add(KeyValuePair.Create("/" + path.Trim('/'), value switch
            {
                StaticFile file => file,
                string file => new StaticFile(file),
                (string file, string mediaType) => new StaticFile(file, mediaType),
                _ => throw new JobLoadException(
                    $"StaticEndpoints: {path} must stand for a path or a StaticFile, not {value?.GetType().Name ?? "null"}."),
            }));
        }

        return files;
    }
}
