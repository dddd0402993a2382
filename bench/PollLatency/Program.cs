using System.Globalization;
using System.Text;
using System.Text.Json;
using JobRunner;

// Serves a job whose result tells when and where it was made, or measures how long after that a waiting poll has it:
//   PollLatency
//   PollLatency measure http://put-here http://poll-here ROUNDS
if (args is not ["measure", var puts, var polls, var rounds])
{
    await JobHost.ServeJobClassAsync<Stamper>(args);
    return;
}

using var client = new HttpClient();
var taken = new List<double>();
var polled = await StampAsync(await client.PostAsync($"{polls}/api/v1/perform", content: null));
var isElsewhere = puts != polls;
for (var wanted = int.Parse(rounds, CultureInfo.InvariantCulture); taken.Count < wanted;)
{
    using var body = new StringContent("""{"milliseconds": 40}""", Encoding.UTF8, "application/json");
    using var accepted = await client.PostAsync($"{puts}/pub/async/new/job/stamper/latest/api/v1/perform", body);
    var task = JsonSerializer.Deserialize<JsonElement>(await accepted.Content.ReadAsStringAsync()).GetProperty("task_id");
    var stamp = await StampAsync(await client.GetAsync($"{polls}/pub/async/task/{task}/poll"));
    var now = Stamper.Now();

    // Of two hosts on one file either may have run it.
    if (!isElsewhere || stamp.Process != polled.Process)
        taken.Add(now - stamp.At);
}

taken.Sort();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture, $"{taken[taken.Count / 2]:F1} {taken[(int)(taken.Count * 0.99)]:F1} {taken[^1]:F1}"));

static async Task<Stamp> StampAsync(HttpResponseMessage answer)
{
    using (answer)
        return JsonSerializer.Deserialize<Stamp>(await answer.Content.ReadAsStringAsync(), JsonSerializerOptions.Web)!;
}

/// <summary>When a call ended, in milliseconds of Unix time, and in which process.</summary>
public sealed record Stamp(double At, int Process);

/// <summary>Stamps its results with the time.</summary>
public sealed class Stamper
{
    public static double Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalMilliseconds;

    public async Task<Stamp> PerformAsync(int milliseconds = 0)
    {
        await Task.Delay(milliseconds);
        return new Stamp(Now(), Environment.ProcessId);
    }
}
