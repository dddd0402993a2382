namespace JobRunner.Redis.Protocol;

/// <summary>A command and its arguments.</summary>
internal sealed class RedisCommand
{
    private readonly RedisArgument[] _arguments;

    public RedisCommand(string name, params ReadOnlySpan<RedisArgument> arguments)
    {
        Name = name;
        _arguments = arguments.ToArray();
    }

    public string Name { get; }

    public ReadOnlySpan<RedisArgument> Arguments => _arguments;

    /// <summary>The name alone: arguments hold passwords and payloads.</summary>
    public override string ToString() => Name;
}
