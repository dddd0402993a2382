namespace JobRunner.Redis.Protocol;

/// <summary>The server sent what is not RESP, or more than the limits allow. The connection is of no more use.</summary>
internal sealed class RespProtocolException : Exception
{
    public RespProtocolException()
    {
    }

    public RespProtocolException(string message)
        : base(message)
    {
    }

    public RespProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
