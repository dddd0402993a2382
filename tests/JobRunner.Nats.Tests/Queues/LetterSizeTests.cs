using JobRunner.Nats.Queues;

namespace JobRunner.Nats.Tests.Queues;

/// <summary>How much is told of a dead letter that leaves little room or none.</summary>
public sealed class LetterSizeTests
{
    private const int Body = 1000;

    [Fact]
    public void With_room_enough_all_is_told() => ErrorWithin(room: 8000).ShouldBe(new string('e', 3000));

    [Fact]
    public void With_little_room_less_is_told_and_the_headers_fit()
    {
        var headers = LetterSize.Fit(Letter(), Body + 700).ShouldNotBeNull();

        headers.ToBytes().Length.ShouldBeLessThanOrEqualTo(700);
        ErrorWithin(room: 700).ShouldNotBeNull().Length.ShouldBeInRange(30, 1000);
    }

    [Fact]
    public void Without_room_the_message_goes_alone() => LetterSize.Fit(Letter(), Body + 50).ShouldBeNull();

    private static string? ErrorWithin(int room) =>
        MessageHeaders.ReadLetter(LetterSize.Fit(Letter(), Body + room), Letter().Message, DateTimeOffset.UnixEpoch).Error;

    private static DeadLetter Letter() =>
        new(new QueueMessage { Id = "m", Body = new byte[Body] }, new string('e', 3000), "MessageFormatError", 0);
}
