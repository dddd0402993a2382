using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing.Patterns;

namespace JobRunner.Jobs;

/// <summary>Finds the endpoints of a job: <c>Perform</c>, attributed methods and <c>AuxiliaryEndpoints()</c>.</summary>
internal sealed partial class EndpointDiscovery(
    object job, JsonSerializerOptions json, XmlDocumentation documentation, bool ignoresUnknown)
{
    public const string PerformPath = "/perform";

    private readonly ParameterDiscovery _parameters = new(json, documentation);

    /// <exception cref="JobLoadException">The class has no usable <c>Perform</c>, or an endpoint is wrong.</exception>
    public IReadOnlyList<EndpointDefinition> Discover()
    {
        var endpoints = new List<EndpointDefinition> { ForMethod(PerformMethod(job.GetType()), PerformPath, HttpMethods.Post) };
        foreach (var method in job.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
        {
            if (method.GetCustomAttribute<JobEndpointAttribute>() is { } attribute)
                endpoints.Add(ForMethod(method, attribute.Path, attribute.Method, attribute.Executor));
        }

        endpoints.AddRange(Listed());
        RejectDuplicates(endpoints);
        return endpoints;
    }

    /// <summary>The method behind <c>/perform</c>.</summary>
    public static MethodInfo PerformMethod(Type type)
    {
        var methods = Array.FindAll(
            type.GetMethods(BindingFlags.Public | BindingFlags.Instance),
            method => method.Name is "Perform" or "PerformAsync");

        // A method that hides one of its base class is listed beside it.
        if (methods.Length > 1 && methods.Select(Signature).Distinct(StringComparer.Ordinal).Count() == 1)
            methods = [methods.MaxBy(method => Depth(method.DeclaringType))!];
        return methods.Length switch
        {
            1 when methods[0].IsGenericMethodDefinition => throw new JobLoadException(
                $"{type.FullName}.{methods[0].Name} is generic; give it concrete types."),
            1 => methods[0],
            0 => throw new JobLoadException(
                $"{type.FullName} has no public instance method named Perform or PerformAsync; add one."),
            _ => throw new JobLoadException(
                $"{type.FullName} has {methods.Length} methods named Perform or PerformAsync; keep one and rename the others."),
        };
    }

    private static string Signature(MethodInfo method) =>
        $"{method.Name}({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType))})";

    private static int Depth(Type? type) => type is null ? 0 : 1 + Depth(type.BaseType);

    private IEnumerable<EndpointDefinition> Listed()
    {
        switch (OptionalMembers.Call(job, "AuxiliaryEndpoints"))
        {
            case null:
                break;
            case IEnumerable<KeyValuePair<string, Delegate>> handlers:
                foreach (var (path, handler) in handlers)
                    yield return ForDelegate(new EndpointConfig(path, handler));
                break;
            case IEnumerable<EndpointConfig> configs:
                foreach (var config in configs)
                    yield return ForDelegate(config);
                break;
            case var other:
                throw new JobLoadException(
                    "AuxiliaryEndpoints() must return IReadOnlyDictionary<string, Delegate> or "
                    + $"IEnumerable<EndpointConfig>, not {TypeNames.Of(other.GetType())}.");
        }
    }

    private EndpointDefinition ForMethod(MethodInfo method, string path, string httpMethod, string? executor = null)
    {
        if (method.IsGenericMethodDefinition)
            throw new JobLoadException($"{method.DeclaringType?.Name}.{method.Name} is generic; give it concrete types.");
        return Create(method, path, httpMethod, () => MethodInvoker.ForMethod(job, method), executor, summary: null, tags: null);
    }

    private EndpointDefinition ForDelegate(EndpointConfig config)
    {
        if (config?.Handler is null)
            throw new JobLoadException($"AuxiliaryEndpoints(): the endpoint \"{config?.Path}\" has no handler.");

        // A compiled delegate's own method has a hidden first parameter; the signature of its type is what counts then.
        var method = config.Handler.Method;
        var signature = config.Handler.GetType().GetMethod(nameof(Action.Invoke))!;
        if (method.GetParameters().Length != signature.GetParameters().Length)
            method = signature;
        return Create(
            method, config.Path, config.Method, () => MethodInvoker.ForDelegate(config.Handler), executor: null,
            config.Summary, config.Tags);
    }

    private EndpointDefinition Create(
        MethodInfo method,
        string path,
        string httpMethod,
        Func<MethodInvoker> createInvoker,
        string? executor,
        string? summary,
        IReadOnlyList<string>? tags)
    {
        path = Normalize(path, method);
        httpMethod = (httpMethod ?? HttpMethods.Post).ToUpperInvariant();
        if (httpMethod != HttpMethods.Get && httpMethod != HttpMethods.Post)
            throw new JobLoadException($"The endpoint {path} has the method \"{httpMethod}\"; GET and POST are possible.");

        if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute)))
        {
            throw new JobLoadException(
                $"{method.DeclaringType?.Name}.{method.Name} is async void: nobody could wait for it, and its errors would "
                + "end the process; let it return Task.");
        }

        var routeNames = RouteNames(path, method);
        var parameters = _parameters.Of(method, httpMethod, routeNames);
        RejectUnusedPlaces(method, path, routeNames, parameters);
        var binder = new ArgumentBinder($"{method.DeclaringType?.Name}.{method.Name}", parameters, ignoresUnknown);
        var invoker = createInvoker();
        var streamed = AsyncStreams.ElementType(invoker.ResultType);
        return new EndpointDefinition(path, httpMethod, method, invoker, binder)
        {
            Summary = summary ?? documentation.Summary(method),
            Remarks = documentation.Remarks(method),
            Returns = documentation.Returns(method),
            Tags = tags ?? ["API"],
            Executor = executor,
            MediaType = method.GetCustomAttribute<ProducesAttribute>()?.ContentTypes.FirstOrDefault(),
            StreamElementType = streamed,
            StreamReader = streamed is null ? null : AsyncStreams.Boxing(streamed),
            ResultJson = ResultJson(invoker.ResultType, streamed),
        };
    }

    private JsonTypeInfo? ResultJson(Type type, Type? streamed)
    {
        var written = streamed ?? type;
        if (written == typeof(void) || written == typeof(Stream) || typeof(IResult).IsAssignableFrom(written))
            return null;
        try
        {
            return json.GetTypeInfo(written);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException)
        {
            // Whether a value of it can be written shows when there is one.
            return null;
        }
    }

    private static string Normalize(string path, MethodInfo method)
    {
        if (string.IsNullOrWhiteSpace(path?.Trim('/')))
            throw new JobLoadException($"{method.DeclaringType?.Name}.{method.Name}: the path of an endpoint must not be empty.");
        return "/" + path.Trim('/');
    }

    private static HashSet<string> RouteNames(string path, MethodInfo method)
    {
        try
        {
            return [.. RoutePatternFactory.Parse(path).Parameters.Select(parameter => parameter.Name)];
        }
        catch (RoutePatternException exception)
        {
            throw new JobLoadException(
                $"{method.DeclaringType?.Name}.{method.Name}: \"{path}\" is no valid path: {exception.Message}", exception);
        }
    }

    // Whoever takes the request as it is may look there.
    private static void RejectUnusedPlaces(
        MethodInfo method, string path, HashSet<string> routeNames, IReadOnlyList<ParameterDefinition> parameters)
    {
        if (parameters.Any(parameter => parameter.Source == ParameterSource.HttpContext))
            return;
        var taken = parameters.Where(parameter => parameter.Source == ParameterSource.Route).Select(parameter => parameter.SourceName);
        if (routeNames.Except(taken, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } unused)
        {
            throw new JobLoadException(
                $"{method.DeclaringType?.Name}.{method.Name}: the path {path} has {{{unused}}}, which no parameter takes; "
                + $"add a parameter named {unused}, or take it out of the path.");
        }
    }

    /// <summary>What a path matches: the names of its route parameters do not count, nor does case.</summary>
    public static string MatchedBy(string path) => RouteParameterName().Replace(path, "${open}").ToUpperInvariant();

    private static void RejectDuplicates(List<EndpointDefinition> endpoints)
    {
        foreach (var group in endpoints.GroupBy(endpoint => MatchedBy(endpoint.Path), StringComparer.Ordinal))
        {
            if (group.Select(endpoint => endpoint.HttpMethod).Distinct(StringComparer.Ordinal).Count() < group.Count())
            {
                throw new JobLoadException(
                    $"The path {group.First().Path} is defined twice, by {string.Join(" and by ", group.Select(Owner))}; change one.");
            }
        }

        static string Owner(EndpointDefinition endpoint) => $"{endpoint.Method.DeclaringType?.Name}.{endpoint.Method.Name}";
    }

    [GeneratedRegex(@"(?<open>\{\*{0,2})[^}:=?*]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RouteParameterName();
}
