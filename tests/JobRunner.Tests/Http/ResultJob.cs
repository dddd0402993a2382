using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace JobRunner.Tests.Http;

public class Animal
{
    public string FirstName { get; set; } = "Rex";
}

public class Dog : Animal
{
    [JsonPropertyName("good-boy")]
    public bool IsGood { get; set; } = true;
}

public class Loop
{
    public Loop Self => this;
}

public class Broken
{
    public string Name => throw new ArgumentException("no name");
}

[JobError(418)]
public class TeapotException(string message) : Exception(message);

public class SmallTeapotException() : TeapotException("small");

public class Outer
{
    public class InnerException() : Exception("inside");
}

/// <summary>Results and errors of every kind.</summary>
public class ResultJob
{
    public Task<int> PerformAsync(int value) => Task.FromResult(value);

    public IReadOnlyDictionary<string, Delegate> AuxiliaryEndpoints() => new Dictionary<string, Delegate>
    {
        ["sync"] = () => new { FirstName = "a", last_name = "b" },
        ["task"] = async () => { await Task.Yield(); return 1; },
        ["plain-task"] = async () => { await Task.Yield(); },
        ["value-task"] = () => new ValueTask<int>(2),
        ["plain-value-task"] = () => ValueTask.CompletedTask,
        ["nan"] = () => new[] { double.NaN, double.PositiveInfinity, 1.5 },
        ["floats"] = () => new object[] { float.NaN, Half.NegativeInfinity, new[,] { { double.NaN } } },
        ["derived"] = Animal () => new Dog(),
        ["derived-in-list"] = () => new List<object> { new Dog(), 1, "x" },
        ["dictionary"] = () => new Dictionary<string, int> { ["keepAs_Is"] = 1 },
        ["unicode"] = () => "é<&>\u2028",
        ["lone-surrogate"] = () => "\ud800",
        ["null"] = () => (string?)null,
        ["lazy"] = Lazy,
        ["lazy-throws"] = LazyThrows,
        ["items"] = Items,
        ["no-items"] = NoItems,
        ["items-throw-first"] = ItemsThrowFirst,
        ["items-throw-later"] = ItemsThrowLater,
        ["items-unserialisable"] = ItemsUnserialisable,
        ["items-task"] = () => Task.FromResult(Items(default)),
        ["delegate"] = () => new Action(() => { }),
        ["loop"] = () => new Loop(),
        ["getter-throws"] = () => new Broken(),
        ["pointer"] = () => new { Pointer = IntPtr.Zero },
        ["result"] = () => Results.Text("plain", "text/x-own", Encoding.UTF8, 202),
        ["file"] = Stream () => new MemoryStream([1, 2, 3]),
        ["memory"] = () => new MemoryStream([1, 2, 3]),
        ["bytes"] = () => new byte[] { 1, 2, 3 },
        ["picture"] = [Produces("image/png")] () => new byte[] { 1, 2, 3 },
        ["page"] = [Produces("text/html; charset=utf-8")] () => "<p>é</p>",
        ["element"] = () => JsonDocument.Parse("{\"a\":1.10}").RootElement,
        ["throw"] = Throw,
        ["cancel"] = Cancel,
        ["items-slow"] = ItemsSlow,
        ["slow"] = async (CancellationToken token) => { await Task.Delay(Timeout.Infinite, token); },
        ["deaf"] = () => { Deaf.Wait(TimeSpan.FromSeconds(20)); },
    };

    public static ManualResetEventSlim Deaf { get; } = new();

    public static TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static IEnumerable<int> Lazy()
    {
        yield return 1;
        yield return 2;
    }

    private static IEnumerable<int> LazyThrows()
    {
        yield return 1;
        throw new KeyNotFoundException("no second item");
    }

    private static async IAsyncEnumerable<object> Items([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new { Number = 1 };
        await Task.Yield();
        yield return double.NaN;
    }

    private static async IAsyncEnumerable<int> NoItems()
    {
        await Task.Yield();
        yield break;
    }

    private static async IAsyncEnumerable<int> ItemsThrowFirst(bool fail = true)
    {
        await Task.Yield();
        if (fail)
            throw new KeyNotFoundException("no first item");
        yield return 1;
    }

    private static async IAsyncEnumerable<int> ItemsThrowLater()
    {
        yield return 1;
        await Task.Yield();
        throw new KeyNotFoundException("no second item");
    }

    private static async IAsyncEnumerable<object> ItemsUnserialisable()
    {
        await Task.Yield();
        yield return new Loop();
    }

    private static async IAsyncEnumerable<int> Cancel([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            for (var number = 0; ; number++)
            {
                yield return number;
                await Task.Delay(10, cancellationToken);
            }
        }
        finally
        {
            Left.TrySetResult();
        }
    }

    private static async IAsyncEnumerable<int> ItemsSlow([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield return 1;
    }

    private static int Throw(string type) => throw type switch
    {
        "argument" => new ArgumentException("message"),
        "argument-null" => new ArgumentNullException(nameof(type)),
        "format" => new FormatException("message"),
        "validation" => new ValidationException("message"),
        "json" => new JsonException("message"),
        "unauthorized" => new UnauthorizedAccessException("message"),
        "entity" => new EntityNotFoundException("message"),
        "key" => new KeyNotFoundException("message"),
        "file" => new FileNotFoundException("message"),
        "exists" => new AlreadyExistsException("message"),
        "teapot" => new TeapotException("message"),
        "small-teapot" => new SmallTeapotException(),
        "timeout" => new TimeoutException("message"),
        "cancelled" => new OperationCanceledException("message"),
        "aggregate-of-one" => new AggregateException(new AggregateException(new KeyNotFoundException("message"))),
        "aggregate-of-two" => new AggregateException(new KeyNotFoundException("message"), new FormatException("second")),
        "nested" => new Outer.InnerException(),
        "odd-text" => new InvalidOperationException("\ud800 \"quoted\" \u0001 message"),
        _ => new InvalidOperationException("message"),
    };
}
