using System.Buffers;
using System.IO.Pipelines;

namespace JobRunner.Http;

/// <summary>A whole body, valid until its reader is advanced past it.</summary>
internal readonly record struct ReceivedBody(PipeReader Holder, ReadOnlySequence<byte> Bytes)
{
    public void Release() => Holder.AdvanceTo(Bytes.End);
}
