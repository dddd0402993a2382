using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Jobs;

/// <summary>Finds out what each parameter of a method takes, once, at load.</summary>
internal sealed class ParameterDiscovery(JsonSerializerOptions json, XmlDocumentation documentation)
{
    private readonly NullabilityInfoContext _nullability = new();

    /// <summary>Reads the parameters of a method.</summary>
    /// <param name="method">Method whose attributes and documentation count.</param>
    /// <param name="httpMethod">HTTP method of the endpoint; a GET has no payload, so its arguments are the query's.</param>
    /// <param name="routeNames">Names of the route parameters of the endpoint's path.</param>
    /// <exception cref="JobLoadException">A parameter can take no value.</exception>
    public IReadOnlyList<ParameterDefinition> Of(
        MethodInfo method, string httpMethod, IReadOnlyCollection<string> routeNames)
    {
        var parameters = method.GetParameters();
        var definitions = new ParameterDefinition[parameters.Length];
        for (var index = 0; index < parameters.Length; index++)
            definitions[index] = Of(method, parameters[index], index, httpMethod, routeNames);
        if (definitions.Count(definition => definition.Source == ParameterSource.Body) > 1)
            throw new JobLoadException($"{Describe(method)}: only one parameter can be [FromBody].");
        return definitions;
    }

    private ParameterDefinition Of(
        MethodInfo method, ParameterInfo parameter, int index, string httpMethod, IReadOnlyCollection<string> routeNames)
    {
        var type = parameter.ParameterType;
        var name = parameter.Name ?? $"arg{index}";
        if (type.IsByRef)
        {
            throw new JobLoadException(
                $"{Describe(method)}: the parameter '{name}' is passed by reference (in, ref or out), which no payload can fill.");
        }

        if (type.IsPointer || type.IsByRefLike)
        {
            throw new JobLoadException(
                $"{Describe(method)}: the parameter '{name}' is of type {TypeNames.Of(type)}, which no payload can fill.");
        }

        var (source, sourceName) = SourceOf(parameter, type, httpMethod, routeNames);
        var nullability = _nullability.Create(parameter);
        var allowsNull = type.IsValueType
            ? Nullable.GetUnderlyingType(type) is not null
            : nullability.WriteState != NullabilityState.NotNull;
        var takesJson = source is ParameterSource.Payload or ParameterSource.Body or ParameterSource.Route
            or ParameterSource.Query or ParameterSource.Header;
        return new ParameterDefinition(name, type, source, index)
        {
            SourceName = sourceName ?? name,
            IsOptional = parameter.HasDefaultValue || source == ParameterSource.ExtraArguments || IsParams(parameter),
            DefaultValue = DefaultOf(parameter, type),
            AllowsNull = allowsNull || type == typeof(JsonElement),
            Rules = [.. parameter.GetCustomAttributes<ValidationAttribute>()],
            Description = documentation.Parameter(method, name),
            ServiceKey = parameter.GetCustomAttribute<FromKeyedServicesAttribute>()?.Key,
            Json = takesJson ? JsonOf(method, parameter, type) : null,
            Shape = takesJson ? ShapeOf(method, type, nullability) : null,
            NestedRules = takesJson ? NestedRules.Of(type, json) : null,
        };
    }

    private static (ParameterSource Source, string? Name) SourceOf(
        ParameterInfo parameter, Type type, string httpMethod, IReadOnlyCollection<string> routeNames)
    {
        if (type == typeof(CancellationToken))
            return (ParameterSource.CancellationToken, null);
        if (type == typeof(JobContext))
            return (ParameterSource.JobContext, null);
        if (type == typeof(HttpContext))
            return (ParameterSource.HttpContext, null);
        foreach (var attribute in parameter.GetCustomAttributes())
        {
            switch (attribute)
            {
                case IFromServiceMetadata or FromKeyedServicesAttribute:
                    return (ParameterSource.Services, null);
                case ExtraArgumentsAttribute when type.IsAssignableFrom(typeof(Dictionary<string, JsonElement>)):
                    return (ParameterSource.ExtraArguments, null);
                case ExtraArgumentsAttribute:
                    throw new JobLoadException(
                        $"{parameter.Member.DeclaringType?.Name}.{parameter.Member.Name}: the [ExtraArguments] parameter "
                        + $"'{parameter.Name}' must be an IDictionary<string, JsonElement>.");
                case IFromRouteMetadata route:
                    return (ParameterSource.Route, RouteNameOf(parameter, route.Name ?? parameter.Name, routeNames));
                case IFromQueryMetadata query:
                    return (ParameterSource.Query, query.Name);
                case IFromHeaderMetadata header:
                    return (ParameterSource.Header, header.Name);
                case IFromBodyMetadata:
                    return (ParameterSource.Body, null);
                case IFromFormMetadata form:
                    return (IsFile(type) ? ParameterSource.File : ParameterSource.Payload, form.Name);
            }
        }

        if (IsFile(type))
            return (ParameterSource.File, null);
        if (FindRouteName(parameter.Name, routeNames) is { } routeName)
            return (ParameterSource.Route, routeName);
        return (httpMethod == HttpMethods.Get ? ParameterSource.Query : ParameterSource.Payload, null);
    }

    private static string? FindRouteName(string? name, IReadOnlyCollection<string> routeNames) => routeNames.FirstOrDefault(
        candidate => string.Equals(candidate, name, StringComparison.OrdinalIgnoreCase));

    private static string RouteNameOf(ParameterInfo parameter, string? name, IReadOnlyCollection<string> routeNames) =>
        FindRouteName(name, routeNames) ?? throw new JobLoadException(
            $"{parameter.Member.DeclaringType?.Name}.{parameter.Member.Name}: the parameter '{parameter.Name}' is [FromRoute], "
            + $"but the endpoint's path has no {{{name}}}.");

    private static bool IsParams(ParameterInfo parameter) => parameter.IsDefined(typeof(ParamArrayAttribute));

    private static bool IsFile(Type type) =>
        type == typeof(Stream) || type == typeof(IFormFile) || type == typeof(IFormFileCollection)
        || (type != typeof(object) && typeof(IEnumerable<IFormFile>).IsAssignableFrom(type));

    private static object? DefaultOf(ParameterInfo parameter, Type type)
    {
        if (!parameter.HasDefaultValue)
            return type.IsArray && IsParams(parameter) ? Array.CreateInstance(type.GetElementType()!, 0) : null;
        var value = parameter.DefaultValue;
        if (value is null)
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? Activator.CreateInstance(type) : null;
        var target = Nullable.GetUnderlyingType(type) ?? type;
        return target.IsEnum ? Enum.ToObject(target, value) : value;
    }

    private JsonTypeInfo JsonOf(MethodInfo method, ParameterInfo parameter, Type type)
    {
        JsonTypeInfo info;
        try
        {
            info = json.GetTypeInfo(type);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException)
        {
            throw Unreadable(method, parameter, exception);
        }

        var isAbstract = type.IsInterface || type.IsAbstract;
        return (info.Kind == JsonTypeInfoKind.Object && isAbstract && info.PolymorphismOptions is null) || IsNeverJson(type)
            ? throw Unreadable(method, parameter, null)
            : info;
    }

    // The serializer refuses these only when it meets a value.
    private static bool IsNeverJson(Type type) =>
        typeof(Delegate).IsAssignableFrom(type) || typeof(MemberInfo).IsAssignableFrom(type)
        || type == typeof(nint) || type == typeof(nuint);

    private ValueShape? ShapeOf(MethodInfo method, Type type, NullabilityInfo nullability)
    {
        try
        {
            return ValueShape.Of(type, nullability, json);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException)
        {
            throw new JobLoadException(
                $"{Describe(method)}: {TypeNames.Of(type)} cannot be read from JSON: {exception.Message}", exception);
        }
    }

    private static JobLoadException Unreadable(MethodInfo method, ParameterInfo parameter, Exception? cause)
    {
        var message = $"{Describe(method)}: the parameter '{parameter.Name}' is of type "
            + $"{TypeNames.Of(parameter.ParameterType)}, which cannot be read from JSON; if it is a service, mark it [FromServices].";
        return cause is null ? new JobLoadException(message) : new JobLoadException(message, cause);
    }

    private static string Describe(MethodInfo method) => $"{method.DeclaringType?.Name}.{method.Name}";
}
