using System.ComponentModel.DataAnnotations;

namespace JobRunner.Jobs;

/// <summary>Holds an argument against the data annotations of its parameter.</summary>
internal static class ArgumentRules
{
    /// <exception cref="ArgumentBindingException">A rule is broken; the message names argument and rule.</exception>
    public static void Check(ParameterDefinition parameter, object? value)
    {
        foreach (var rule in parameter.Rules)
        {
            var context = new ValidationContext(value ?? rule) { MemberName = parameter.Name, DisplayName = parameter.Name };
            if (rule.GetValidationResult(value, context) is { } failure)
            {
                throw new ArgumentBindingException(
                    $"argument '{parameter.Name}' breaks the rule {NameOf(rule)}: {failure.ErrorMessage}");
            }
        }
    }

    private static string NameOf(ValidationAttribute rule)
    {
        var name = rule.GetType().Name;
        return name.EndsWith("Attribute", StringComparison.Ordinal) ? name[..^"Attribute".Length] : name;
    }
}
