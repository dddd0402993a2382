namespace JobRunner.Execution;

/// <summary>A place in the gate. Its holder gives it back exactly once, when the work has really ended.</summary>
internal readonly struct GatePlace(CallGate gate, SemaphoreSlim? queuePlaces = null)
{
    public void Release()
    {
        gate.Release();
        queuePlaces?.Release();
    }
}
