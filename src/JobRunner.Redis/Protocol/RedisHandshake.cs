namespace JobRunner.Redis.Protocol;

/// <summary>What a server has said of itself and of this connection.</summary>
/// <param name="ClientId">The id by which CLIENT UNBLOCK knows the connection; null where the server does not tell.</param>
/// <param name="MaxArgumentLength">The server's <c>proto-max-bulk-len</c>, or its default where it does not tell.</param>
internal sealed record RedisGreeting(long? ClientId, long MaxArgumentLength)
{
    /// <summary>Redis's own default of <c>proto-max-bulk-len</c>: 512 MiB.</summary>
    public const long DefaultMaxArgumentLength = 512L * 1024 * 1024;
}

/// <summary>Logs in: protocol, user, name, database; and makes sure that the server serves.</summary>
internal static class RedisHandshake
{
    /// <exception cref="RedisException">The server refuses: the password is wrong, the database does not exist, the
    /// data is still being loaded.</exception>
    public static async Task<RedisGreeting> PerformAsync(
        RedisSession session, RedisEndpoint endpoint, CancellationToken cancellationToken)
    {
        var clientId = endpoint.Protocol >= 3 ? await HelloAsync() : null;
        clientId ??= await AuthenticateAsync();
        if (endpoint.Database != 0) (await AskAsync("SELECT", endpoint.Database)).OrThrow();

        // HELLO and AUTH work while the data is loaded; PING does not. A user may be forbidden to use it.
        var pong = await AskAsync("PING");
        if (pong.IsError && pong.Error() is { Code: not "NOPERM" } refusal) throw refusal;
        return new RedisGreeting(clientId, MaxArgumentLength(await AskAsync("CONFIG", "GET", "proto-max-bulk-len")));

        async Task<long?> HelloAsync()
        {
            RedisArgument[] login = endpoint.Password is { } password ? ["AUTH", endpoint.User ?? "default", password] : [];
            var answer = await AskAsync("HELLO", [endpoint.Protocol, .. login, "SETNAME", endpoint.ClientName]);
            if (!answer.IsError)
                return answer.Pairs().FirstOrDefault(pair => pair.Name.Text == "id").Value is { IsNull: false } id ? id.Integer : null;
            var error = answer.Error();
            var isUnknown = error.Code is "NOPROTO" || error.Message.StartsWith("ERR unknown command", StringComparison.OrdinalIgnoreCase);
            return isUnknown ? null : throw error;
        }

        async Task<long?> AuthenticateAsync()
        {
            if (endpoint.Password is { } password)
            {
                RedisArgument[] login = endpoint.User is { } user ? [user, password] : [password];
                (await AskAsync("AUTH", login)).OrThrow();
            }

            await AskAsync("CLIENT", "SETNAME", endpoint.ClientName);
            var id = await AskAsync("CLIENT", "ID");
            return id.IsError ? null : id.Integer;
        }

        async Task<RespValue> AskAsync(string name, params RedisArgument[] arguments) =>
            (await session.SendAsync(
                new RedisRequest([new RedisCommand(name, arguments)]), endpoint.ConnectTimeout, cancellationToken))[0];
    }

    // Managed servers forbid CONFIG.
    private static long MaxArgumentLength(RespValue answer)
    {
        var value = answer.IsError ? default : answer.Pairs().FirstOrDefault().Value;
        return value.IsNull ? RedisGreeting.DefaultMaxArgumentLength : value.Integer;
    }
}
