using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace JobRunner.Jobs;

/// <summary>Holds an argument against the data annotations of its parameter.</summary>
internal static class ArgumentRules
{
    /// <summary>Checks one argument. A default is the job's own choice, which no caller could mend; only
    /// <c>[Required]</c> asks something of a caller who leaves the argument out.</summary>
    /// <exception cref="ArgumentBindingException">A rule is broken; the message names argument and rule.</exception>
    public static void Check(ParameterDefinition parameter, object? value, bool isGiven)
    {
        foreach (var rule in parameter.Rules)
        {
            if (!isGiven && rule is not RequiredAttribute)
                continue;
            var context = new ValidationContext(value ?? rule) { MemberName = parameter.Name, DisplayName = parameter.Name };
            if (Problem(rule, value, context) is { } problem)
                throw new ArgumentBindingException($"argument '{parameter.Name}' breaks the rule {NameOf(rule)}: {problem}");
        }
    }

    private static string? Problem(ValidationAttribute rule, object? value, ValidationContext context)
    {
        try
        {
            return rule.GetValidationResult(value, context) is { } failure ? failure.ErrorMessage ?? "it is not valid" : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return "it takes too long to check";
        }
    }

    private static string NameOf(ValidationAttribute rule)
    {
        var name = rule.GetType().Name;
        return name.EndsWith("Attribute", StringComparison.Ordinal) ? name[..^"Attribute".Length] : name;
    }
}
