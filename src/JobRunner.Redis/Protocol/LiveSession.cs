namespace JobRunner.Redis.Protocol;

/// <summary>A session that is logged in.</summary>
internal sealed record LiveSession(RedisSession Session, RedisGreeting Greeting);
