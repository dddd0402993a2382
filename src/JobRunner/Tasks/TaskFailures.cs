using System.Text.Json;
using JobRunner.Http;

namespace JobRunner.Tasks;

/// <summary>Ends of tasks that no call has answered.</summary>
internal static class TaskFailures
{
    public static TaskOutcome Cancelled() => Of("the task was cancelled", "TaskCancelled");

    public static TaskOutcome Lost(int interruptions) => Of(
        $"the task is lost: its run was interrupted {interruptions} times by workers that were killed or lost their lease",
        "TaskLost");

    public static TaskOutcome TimedOut(TimeSpan timeout) =>
        Of($"the task took longer than its timeout of {timeout.TotalSeconds:0.###} s", nameof(TimeoutException));

    public static TaskOutcome Expired() => Of("the task's deadline passed before it could run", "TaskExpired");

    public static TaskOutcome Of(string message, string type, int status = 500) => new()
    {
        HttpStatus = status,
        Result = JsonSerializer.SerializeToUtf8Bytes(new { error = message, type }, HostJson.Options),
        Error = message,
        ErrorType = type,
    };
}
