using JobRunner.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Clients;

/// <summary>Registers <see cref="JobClient"/>.</summary>
internal static class JobClientServices
{
    public static void AddJobClient(this IServiceCollection services)
    {
        services.AddHttpClient(JobClient.HttpClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = System.Net.DecompressionMethods.All,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            });
        services.AddSingleton(provider => new JobClient(
            provider.GetRequiredService<IHttpClientFactory>(),
            provider.GetRequiredService<HttpSettings>(),
            provider.GetRequiredService<TimeProvider>()));
    }
}
