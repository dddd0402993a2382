using System.Net.Sockets;
using System.Security.Authentication;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobRunner.RabbitMq.Connections;

/// <summary>One sentence for the operator. None holds a password: neither the client's exceptions nor the broker's words
/// do, and the URL is never shown whole.</summary>
internal static class RabbitErrors
{
    public static string Connecting(RabbitEndpoint endpoint, Exception exception)
    {
        var causes = Flatten(exception).ToList();
        if (causes.Any(cause => cause is AuthenticationFailureException or PossibleAuthenticationFailureException))
            return $"{endpoint} refuses the user or the password.";
        if (causes.OfType<OperationInterruptedException>().FirstOrDefault(cause => ReasonOf(cause) is Constants.NotAllowed) is { } refused)
            return VirtualHost(endpoint, refused);
        if (causes.OfType<AuthenticationException>().FirstOrDefault() is { } certificate)
            return $"The certificate of {endpoint} is refused: {certificate.Message}";
        if (causes.OfType<SocketException>().FirstOrDefault() is { } socket)
            return socket.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                ? $"{endpoint} cannot be found: no host has that name."
                : $"{endpoint} cannot be reached: {socket.Message}.";
        return $"{endpoint} cannot be reached: {causes[^1].Message.TrimEnd('.')}.";
    }

    public static string Calling(RabbitEndpoint endpoint, Exception exception) => exception switch
    {
        OperationInterruptedException refused when ReasonOf(refused) is Constants.NotAllowed => VirtualHost(endpoint, refused),
        OperationInterruptedException interrupted => $"{endpoint} ended the connection: {TextOf(interrupted)}.",
        TimeoutException => $"{endpoint} did not answer in time.",
        _ => $"The connection to {endpoint} is lost: {exception.Message.TrimEnd('.')}.",
    };

    public static ushort? ReasonOf(Exception exception) => (exception as OperationInterruptedException)?.ShutdownReason?.ReplyCode;

    public static string TextOf(OperationInterruptedException exception) =>
        (exception.ShutdownReason?.ReplyText ?? exception.Message).TrimEnd('.');

    private static string VirtualHost(RabbitEndpoint endpoint, OperationInterruptedException refused) =>
        $"{endpoint} refuses the virtual host \"{endpoint.VirtualHost}\": {TextOf(refused)}.";

    private static IEnumerable<Exception> Flatten(Exception exception)
    {
        yield return exception;
        var inner = exception is AggregateException several ? several.InnerExceptions : exception.InnerException is { } one ? [one] : [];
        foreach (var cause in inner.SelectMany(Flatten)) yield return cause;
    }
}
