using System.Text.RegularExpressions;
using Microsoft.Diagnostics.Tracing.Etlx;

namespace JobRunner.Telemetry.Profiler;

/// <summary>A frame as it is shown.</summary>
/// <param name="Method">Type and method, compiler-made names turned back into those of the source.</param>
/// <param name="IsOwn">Whether it is the job's code, and neither the framework's nor the host's.</param>
internal sealed partial record StackFrameName(string Method, bool IsOwn)
{
    private static readonly string[] HostModules =
    [
        "System", "Microsoft", "netstandard", "mscorlib", "JobRunner", "Serilog", "OpenTelemetry", "Swashbuckle",
        "YamlDotNet", "SQLitePCLRaw", "Handlebars",
    ];

    // What the compiler and the runtime put between two asynchronous methods tells a reader nothing.
    private static readonly string[] Plumbing =
    [
        "System.Runtime.CompilerServices.Async", "System.Threading.ExecutionContext.", "System.Threading.Tasks.Task`1",
        "System.Threading.Tasks.Task.", "System.Threading.Tasks.AwaitTaskContinuation.",
    ];

    /// <summary>The frames of a stack, outermost first; unknown ones and asynchronous plumbing are left out.</summary>
    public static List<StackFrameName> Of(TraceCallStack? stack, Dictionary<CodeAddressIndex, StackFrameName?> known)
    {
        var frames = new List<StackFrameName>();
        for (; stack is not null; stack = stack.Caller)
        {
            var index = stack.CodeAddress.CodeAddressIndex;
            if (!known.TryGetValue(index, out var frame))
                known.Add(index, frame = Of(stack.CodeAddress));
            if (frame is not null)
                frames.Add(frame);
        }

        frames.Reverse();
        return frames;
    }

    /// <summary><c>Job+&lt;PerformAsync&gt;d__3.MoveNext()</c> is <c>Job.PerformAsync</c> again.</summary>
    public static string Readable(string method)
    {
        var name = method;
        var arguments = name.IndexOf('(', StringComparison.Ordinal);
        if (arguments > 0)
            name = name[..arguments];
        name = StateMachine().Replace(name, ".${method}");
        name = Closure().Replace(name, ".${method}.lambda");
        name = LocalFunction().Replace(name, "${method}.${local}");
        return name.Replace('+', '.');
    }

    private static StackFrameName? Of(TraceCodeAddress address)
    {
        var method = address.FullMethodName;
        if (string.IsNullOrEmpty(method) || Plumbing.Any(prefix => method.StartsWith(prefix, StringComparison.Ordinal)))
            return null;
        return new StackFrameName(Readable(method), !IsHost(address.ModuleName));
    }

    // "JobRunner" is the host; an assembly named "JobRunner.Something" may well be a job.
    private static bool IsHost(string module) =>
        HostModules.Any(host =>
            module.Equals(host, StringComparison.OrdinalIgnoreCase)
            || (host != "JobRunner" && module.StartsWith(host + ".", StringComparison.OrdinalIgnoreCase)));

    [GeneratedRegex(@"[+.]<(?<method>\w+)>d__\d+(`\d+)?(\[[^\]]*\])?\.MoveNext$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StateMachine();

    [GeneratedRegex(@"[+.]<>c(?:__DisplayClass\d+_\d+)?\.<(?<method>\w+)>b__[\d_]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Closure();

    [GeneratedRegex(@"<(?<method>\w+)>g__(?<local>\w+)\|[\d_]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LocalFunction();
}
