using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace JobRunner.Http.Access;

/// <summary>The tokens that a host accepts, from <c>JOB_AUTH_TOKENS</c> and from the file that
/// <c>JOB_AUTH_TOKENS_FILE</c> names. The file is read again every ten seconds, so that tokens can be changed without
/// a restart.</summary>
internal sealed partial class AccessTokens : IDisposable
{
    public const string Variable = "JOB_AUTH_TOKENS";
    public const string FileVariable = "JOB_AUTH_TOKENS_FILE";

    private const string Scheme = "Bearer ";
    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger;
    private readonly AccessToken[] _fixed;
    private readonly string? _path;
    private readonly ITimer? _timer;
    private AccessToken[] _tokens;
    private bool _isFileBroken;

    public AccessTokens(Func<string, string?> environment, TimeProvider time, ILogger<AccessTokens> logger)
    {
        _logger = logger;
        _fixed = _tokens = AccessToken.Parse(environment(Variable));
        if (environment(FileVariable) is not { Length: > 0 } path)
            return;
        _path = path;
        Read();
        _timer = time.CreateTimer(_ => Read(), state: null, RereadInterval, RereadInterval);
    }

    /// <summary>Whether paths need a token. A file that is named but cannot be read, or is empty, lets nobody in rather
    /// than everybody.</summary>
    public bool AreRequired => _path is not null || _fixed.Length > 0;

    /// <summary>The token that a request presents; null where it presents none that is known.</summary>
    public AccessToken? Find(HttpRequest request)
    {
        var headers = request.Headers;
        return Find(headers[JobHeaders.Auth]) ?? FindBearer(headers.Authorization);
    }

    /// <summary>Whether a request presents anything that could be a token.</summary>
    public static bool IsPresented(HttpRequest request) =>
        request.Headers.ContainsKey(JobHeaders.Auth) || request.Headers.Authorization.Count > 0;

    public void Dispose() => _timer?.Dispose();

    private AccessToken? FindBearer(StringValues authorization) =>
        authorization is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? Find(value.AsSpan(Scheme.Length).Trim(' '))
            : null;

    private AccessToken? Find(StringValues header) => header is [{ Length: > 0 } value] ? Find(value.AsSpan()) : null;

    private AccessToken? Find(ReadOnlySpan<char> presented)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        AccessToken.Hash(presented, hash);

        // All are compared, whichever matches.
        AccessToken? found = null;
        foreach (var token in Volatile.Read(ref _tokens))
        {
            if (token.Matches(hash))
                found ??= token;
        }

        return found;
    }

    private void Read()
    {
        try
        {
            var tokens = AccessToken.Parse(File.ReadAllText(_path!));
            if (tokens.Length == 0 && !_isFileBroken)
                FileEmpty(_logger, _path!);
            _isFileBroken = tokens.Length == 0;
            Volatile.Write(ref _tokens, [.. _fixed, .. tokens]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was read last stays good: a file that is being replaced is away for a moment.
            if (!_isFileBroken)
                FileUnreadable(_logger, _path!, exception.Message);
            _isFileBroken = true;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The file of tokens {Path} holds no token")]
    private static partial void FileEmpty(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "The file of tokens {Path} cannot be read: {Reason}")]
    private static partial void FileUnreadable(ILogger logger, string path, string reason);
}
