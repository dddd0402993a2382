using System.Globalization;
using Serilog.Events;
using Serilog.Parsing;

namespace JobRunner.Telemetry.Logs;

/// <summary>The message of an event with its properties filled in. Unlike Serilog's own rendering, strings are not quoted.</summary>
internal static class LogMessage
{
    public static string Render(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is PropertyToken property
                && logEvent.Properties.TryGetValue(property.PropertyName, out var value)
                && value is ScalarValue { Value: string literal })
                text.Write(literal);
            else
                token.Render(logEvent.Properties, text, CultureInfo.InvariantCulture);
        }

        return text.ToString();
    }

    /// <summary>Whether the message shows the property itself.</summary>
    public static bool Shows(LogEvent logEvent, string property)
    {
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is PropertyToken shown && shown.PropertyName == property)
                return true;
        }

        return false;
    }
}
