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
            Check(rule, parameter.Name, parameter.Name, value, context);
        }

        if (isGiven)
            parameter.NestedRules?.Check(parameter.Name, parameter.Name, value);
    }

    /// <summary>Checks one value against one rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="argument">Name of the argument.</param>
    /// <param name="path">Place of the value, which is the argument's name for the argument itself.</param>
    /// <param name="value">The value.</param>
    /// <param name="context">What the rule may look at.</param>
    /// <exception cref="ArgumentBindingException">The rule is broken.</exception>
    public static void Check(ValidationAttribute rule, string argument, string path, object? value, ValidationContext context)
    {
        if (Problem(rule, value, context) is not { } problem)
            return;
        var place = path == argument ? string.Empty : $" at '{path}'";
        throw new ArgumentBindingException($"argument '{argument}' breaks the rule {NameOf(rule)}{place}: {problem}");
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
