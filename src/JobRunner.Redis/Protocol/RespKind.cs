namespace JobRunner.Redis.Protocol;

/// <summary>The types of RESP2 and RESP3 that a server sends.</summary>
internal enum RespKind
{
    Null,
    SimpleString,
    BulkString,
    VerbatimString,
    Error,
    Integer,
    Double,
    Boolean,
    BigNumber,
    Array,
    Map,
    Set,
    Push,
}
