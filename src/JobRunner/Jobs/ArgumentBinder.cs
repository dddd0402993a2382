using System.Buffers;
using System.Text.Json;
using JobRunner.Jobs.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Jobs;

/// <summary>Turns the payload of a call into the typed arguments of a method.</summary>
internal sealed class ArgumentBinder
{
    private static readonly object Missing = new();

    private readonly ParameterDefinition[] _parameters;
    private readonly ArgumentNames<ParameterDefinition> _names;
    private readonly ParameterDefinition? _body;
    private readonly ParameterDefinition? _extra;
    private readonly bool _ignoresUnknown;

    /// <exception cref="JobLoadException">Two parameters cannot be told apart by callers.</exception>
    public ArgumentBinder(string member, IReadOnlyList<ParameterDefinition> parameters, bool ignoresUnknown)
    {
        _parameters = [.. parameters];
        _ignoresUnknown = ignoresUnknown;
        _body = Array.Find(_parameters, parameter => parameter.Source == ParameterSource.Body);
        _extra = Array.Find(_parameters, parameter => parameter.Source == ParameterSource.ExtraArguments);
        NeedsServices = Array.Exists(_parameters, parameter => parameter.Source == ParameterSource.Services);
        NeedsJobContext = Array.Exists(_parameters, parameter => parameter.Source == ParameterSource.JobContext);
        ObservesCancellation = Array.Exists(_parameters, parameter => parameter.Source == ParameterSource.CancellationToken);
        AcceptsFiles = Array.Exists(_parameters, parameter => parameter.Source == ParameterSource.File);
        _names = ArgumentNames<ParameterDefinition>.Create(
            _parameters
                .Where(parameter => parameter.IsArgument
                    && parameter.Source is not (ParameterSource.Body or ParameterSource.ExtraArguments))
                .Select(parameter => (parameter.Name, parameter)),
            out var ambiguous)
            ?? throw new JobLoadException(
                $"{member}: the parameters \"{ambiguous.First}\" and \"{ambiguous.Second}\" cannot be told apart by "
                + "callers, since case and underscores do not count; rename one.");
    }

    public IReadOnlyList<ParameterDefinition> Parameters => _parameters;

    public bool NeedsServices { get; }

    public bool NeedsJobContext { get; }

    public bool ObservesCancellation { get; }

    public bool AcceptsFiles { get; }

    /// <summary>Binds a payload that is known to be one well-formed JSON object.</summary>
    /// <exception cref="ArgumentBindingException">An argument is missing, unknown or of the wrong type, or breaks a
    /// rule; the message names it.</exception>
    public object?[] Bind(in ReadOnlySequence<byte> payload, in BindingContext context)
    {
        if (_parameters.Length == 0 && _ignoresUnknown)
            return [];
        var arguments = new object?[_parameters.Length];
        Array.Fill(arguments, Missing);
        ReadPayload(payload, arguments, context);
        foreach (var parameter in _parameters)
        {
            ref var argument = ref arguments[parameter.Position];
            var isGiven = !ReferenceEquals(argument, Missing) || TryTake(parameter, context, out argument);
            if (!isGiven)
                argument = DefaultOf(parameter);
            if (parameter.HasRules)
                ArgumentRules.Check(parameter, argument, isGiven);
        }

        return arguments;
    }

    /// <summary>The parameter that callers mean by a name; null where there is none.</summary>
    public ParameterDefinition? Find(string name) => _names.TryFind(name, out var parameter) ? parameter : null;

    /// <summary>Refuses files that nobody takes, unless the method takes all files or the request itself.</summary>
    /// <exception cref="ArgumentBindingException">A file is unknown, or one of too many; the message names it.</exception>
    public void CheckFiles(IFormFileCollection files)
    {
        if (_ignoresUnknown || Array.Exists(_parameters, TakesAnyFile))
            return;
        foreach (var group in files.GroupBy(file => Find(file.Name)))
        {
            var name = group.First().Name;
            if (group.Key is null)
                throw Unknown(name);
            if (group.Key.Source != ParameterSource.File)
                throw new ArgumentBindingException($"argument '{group.Key.Name}' is no file; send it without a file name");
            if (group.Count() > 1 && !RequestValues.IsFileList(group.Key.Type))
                throw new ArgumentBindingException($"argument '{group.Key.Name}' is given {group.Count()} times");
        }

        static bool TakesAnyFile(ParameterDefinition parameter) =>
            parameter.Source == ParameterSource.HttpContext || typeof(IFormFileCollection).IsAssignableFrom(parameter.Type);
    }

    private void ReadPayload(in ReadOnlySequence<byte> payload, object?[] arguments, in BindingContext context)
    {
        var reader = new Utf8JsonReader(payload, JobJson.ReaderOptions);
        reader.Read();
        if (_body is not null)
        {
            arguments[_body.Position] = ArgumentReader.Read(ref reader, _body);
            reader = new Utf8JsonReader(payload, JobJson.ReaderOptions);
            reader.Read();
        }

        Dictionary<string, JsonElement>? extra = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Find(ref reader, context) is { } parameter)
            {
                if (!ReferenceEquals(arguments[parameter.Position], Missing))
                    throw new ArgumentBindingException($"argument '{parameter.Name}' is given twice");
                reader.Read();
                arguments[parameter.Position] = ArgumentReader.Read(ref reader, parameter);
            }
            else
            {
                ReadUndeclared(ref reader, ref extra);
            }
        }

        if (_extra is not null)
            arguments[_extra.Position] = extra ?? [];
    }

    private ParameterDefinition? Find(ref Utf8JsonReader reader, in BindingContext context)
    {
        if (reader is not { HasValueSequence: false, ValueIsEscaped: false }
            || !_names.TryFindExact(reader.ValueSpan, out var parameter))
        {
            if (!_names.TryFind(ArgumentReader.Name(ref reader), out parameter))
                return null;
        }

        return parameter.Source switch
        {
            ParameterSource.Payload => parameter,
            ParameterSource.File => null,
            // Without a request there is no route, query or header: a queued call names these like the rest.
            _ => context.HttpContext is null ? parameter : null,
        };
    }

    private void ReadUndeclared(ref Utf8JsonReader reader, ref Dictionary<string, JsonElement>? extra)
    {
        if (_extra is null && (_ignoresUnknown || _body is not null))
        {
            reader.Skip();
            return;
        }

        var name = ArgumentReader.Name(ref reader);
        if (_extra is null)
            throw Unknown(name);
        reader.Read();
        if (!(extra ??= []).TryAdd(name, JsonElement.ParseValue(ref reader)))
            throw new ArgumentBindingException($"argument '{name}' is given twice");
    }

    private static bool TryTake(ParameterDefinition parameter, in BindingContext context, out object? value)
    {
        switch (parameter.Source)
        {
            case ParameterSource.CancellationToken:
                value = context.CancellationToken;
                return true;
            case ParameterSource.JobContext:
                value = context.JobContext;
                return true;
            case ParameterSource.HttpContext:
                value = context.HttpContext;
                return true;
            case ParameterSource.Services:
                value = ServiceOf(parameter, context.Services);
                return true;
            case ParameterSource.ExtraArguments:
                value = null;
                return false;
            default:
                value = null;
                return context.HttpContext is { } http && RequestValues.TryRead(parameter, http, out value);
        }
    }

    private static object? ServiceOf(ParameterDefinition parameter, IServiceProvider? services)
    {
        var service = parameter.ServiceKey is { } key
            ? (services as IKeyedServiceProvider)?.GetKeyedService(parameter.Type, key)
            : services?.GetService(parameter.Type);
        return service is not null || parameter.AllowsNull ? service : throw new InvalidOperationException(
            $"No service of type {parameter.TypeName} is registered for the parameter '{parameter.Name}'.");
    }

    private static object? DefaultOf(ParameterDefinition parameter) => parameter.IsOptional
        ? parameter.DefaultValue
        : throw new ArgumentBindingException(
            $"missing required argument '{parameter.Name}' of type {parameter.TypeName}");

    private ArgumentBindingException Unknown(string name) => new($"unknown argument '{name}'; " + Find(name) switch
    {
        { Source: ParameterSource.File } => "send it as a file of a multipart/form-data body, with a file name",
        { Source: ParameterSource.Route } => "it is taken from the path",
        { Source: ParameterSource.Query } => "it is taken from the query string",
        { Source: ParameterSource.Header } header => $"it is taken from the header {header.SourceName}",
        _ => Expected(),
    });

    private string Expected()
    {
        var names = _names.Names.ToList();
        return names.Count == 0 ? "none is expected" : $"expected: {string.Join(", ", names)}";
    }
}
