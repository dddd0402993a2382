using System.ComponentModel.DataAnnotations;
using JobRunner;

/// <summary>Estimates the price of a flat, and explains its estimates.</summary>
public class FlatPrice
{
    private const double PerSquareMetre = 3_100;
    private const double PerRoom = 12_500;

    /// <summary>Estimates a price.</summary>
    /// <param name="area">Living area in square metres.</param>
    /// <param name="rooms">Number of rooms.</param>
    /// <returns>The price in euros.</returns>
    public double Perform([Range(10, 1000)] double area, [Range(1, 20)] int rooms = 2) =>
        area * PerSquareMetre + rooms * PerRoom;

    /// <summary>Tells how much each property adds to the price.</summary>
    /// <param name="area">Living area in square metres.</param>
    /// <param name="rooms">Number of rooms.</param>
    /// <returns>The parts of the price, in euros.</returns>
    [JobEndpoint("/explain")]
    public PriceParts Explain([Range(10, 1000)] double area, [Range(1, 20)] int rooms = 2) =>
        new(area * PerSquareMetre, rooms * PerRoom);

    /// <summary>Estimates a monthly rent from a price.</summary>
    /// <param name="price">The price in euros.</param>
    /// <param name="years">Years after which the rents have paid the price.</param>
    /// <returns>The rent in euros.</returns>
    [JobEndpoint("/rent/{price}", Method = "GET")]
    public double Rent(double price, [Range(1, 100)] int years = 25) => Math.Round(price / (years * 12), 2);

    /// <summary>The other spelling: handlers by path, where attributes do not suit.</summary>
    public IReadOnlyDictionary<string, Delegate> AuxiliaryEndpoints() => new Dictionary<string, Delegate>
    {
        ["/cheapest"] = Cheapest,
    };

    /// <summary>Example payloads for the documentation, by path.</summary>
    public Dictionary<string, object> DocsInputExamples() => new()
    {
        ["/perform"] = new { area = 52.5, rooms = 2 },
        ["/explain"] = new { area = 52.5, rooms = 2 },
        ["/cheapest"] = new { flats = new[] { new Flat("Harbour Street 4", 52.5, 2), new Flat("Mill Lane 11", 48, 3) } },
    };

    /// <summary>Finds the cheapest of some flats.</summary>
    /// <param name="flats">The flats to choose from.</param>
    /// <returns>The flat with the lowest estimate, and that estimate.</returns>
    private Offer Cheapest([MinLength(1)] List<Flat> flats) => flats
        .Select(flat => new Offer(flat, Perform(flat.Area, flat.Rooms)))
        .MinBy(offer => offer.Price)!;
}

/// <summary>A flat on the market.</summary>
/// <param name="Address">Street and number.</param>
/// <param name="Area">Living area in square metres.</param>
/// <param name="Rooms">Number of rooms.</param>
public record Flat(string Address, double Area, int Rooms);

/// <summary>A flat with its estimate.</summary>
/// <param name="Flat">The flat.</param>
/// <param name="Price">The estimated price in euros.</param>
public record Offer(Flat Flat, double Price);

/// <summary>What a price is made of.</summary>
/// <param name="Area">Euros for the living area.</param>
/// <param name="Rooms">Euros for the rooms.</param>
public record PriceParts(double Area, double Rooms);
