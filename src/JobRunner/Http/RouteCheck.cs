using JobRunner.Jobs;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace JobRunner.Http;

/// <summary>Finds what routing would only stumble over once requests come.</summary>
internal static class RouteCheck
{
    /// <exception cref="JobLoadException">A path has a constraint that there is not.</exception>
    public static void Check(JobDefinition definition, IInlineConstraintResolver constraints)
    {
        foreach (var endpoint in definition.Endpoints)
        {
            var policies = RoutePatternFactory.Parse(endpoint.Path).ParameterPolicies.Values.SelectMany(policy => policy);
            foreach (var policy in policies)
            {
                if (policy.Content is { } constraint && !IsKnown(constraints, constraint))
                {
                    throw new JobLoadException(
                        $"{endpoint.Method.DeclaringType?.Name}.{endpoint.Method.Name}: the path {endpoint.Path} has the "
                        + $"constraint \"{constraint}\", which routing does not know.");
                }
            }
        }
    }

    private static bool IsKnown(IInlineConstraintResolver constraints, string constraint)
    {
        try
        {
            return constraints.ResolveConstraint(constraint) is not null;
        }
        catch (Exception exception) when (exception is RouteCreationException or FormatException or ArgumentException)
        {
            return false;
        }
    }
}
