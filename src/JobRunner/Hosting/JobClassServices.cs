using System.Reflection;
using JobRunner.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JobRunner.Hosting;

/// <summary>Lets a job class add services of its own.</summary>
internal static class JobClassServices
{
    /// <summary>Calls the class's <c>ConfigureServices</c>, if it has one.</summary>
    /// <exception cref="JobLoadException">It has another signature.</exception>
    public static void Configure(Type type, IServiceCollection services, IConfiguration configuration)
    {
        var method = OptionalMembers.Find(type, "ConfigureServices", typeof(IServiceCollection), typeof(IConfiguration));
        if (method is null)
            return;
        if (!method.IsStatic)
            throw new JobLoadException($"{type.FullName}.ConfigureServices must be static: it runs before there is an instance.");
        OptionalMembers.Invoke(null, method, services, configuration);
    }
}
