using JobRunner.Redis.Tests;

[assembly: AssemblyFixture(typeof(RedisServer))]
