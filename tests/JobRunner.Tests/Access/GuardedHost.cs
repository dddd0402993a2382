using JobRunner.Http.Access;
using JobRunner.Http;
using JobRunner.Manifest;
using JobRunner.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.Tests.Access;

/// <summary>Hosts with tokens, and with one path of each kind of access.</summary>
internal static class GuardedHost
{
    public const string Token = "Tr0ub4dor-and-3";

    public static Task<TestJobHost> StartAsync(string? tokens = Token, string manifest = "", Action<IServiceCollection>? more = null) =>
        TestJobHost.StartAsync(new WhoJob(), manifest, services =>
        {
            UseTokens(services, tokens);
            services.AddSingleton<IJobRoutes, ExtraRoutes>();
            more?.Invoke(services);
        });

    /// <summary>Gives a host tokens without setting the variable of the whole process.</summary>
    public static void UseTokens(IServiceCollection services, string? tokens)
    {
        services.AddSingleton(new AccessTokens(
            name => name == AccessTokens.Variable ? tokens : null, TimeProvider.System, NullLogger<AccessTokens>.Instance));
        services.AddSingleton(provider => new HttpSettings(
            provider.GetRequiredService<JobManifest>(),
            provider.GetRequiredService<JobIdentity>(),
            _ => null,
            provider.GetRequiredService<AccessTokens>()));
    }

    public static (string, string) Header(string token) => ("X-Racetrack-Auth", token);

    public static (string, string) Bearer(string token) => ("Authorization", $"Bearer {token}");

    public sealed class WhoJob
    {
        public string? Perform(JobContext context) => context.CallerName;

        [JobEndpoint("/secret")]
        public string Secret() => "secret";

        public RequestDelegate WebviewApp(string baseUrl) => http => http.Response.WriteAsync($"page {http.Request.Path}");
    }

    private sealed class ExtraRoutes : IJobRoutes
    {
        public IEnumerable<JobRoute> Routes()
        {
            yield return new JobRoute("/extra/open", "GET", AnswerAsync) { Access = RouteAccess.Open };
            yield return new JobRoute("/extra/local", "GET", AnswerAsync) { Access = RouteAccess.TokenOrLocal };
        }

        private static Task AnswerAsync(HttpContext http) => http.Response.WriteAsync("here");
    }
}
