/// <summary>Greets people, with the words that the application has registered.</summary>
public class Greeter(Phrasebook phrases)
{
    /// <summary>Greets somebody.</summary>
    /// <param name="name">Whom to greet.</param>
    /// <param name="language">Two-letter code of the language.</param>
    /// <returns>The greeting.</returns>
    public string Perform(string name, string language = "en") => $"{phrases.Hello(language)}, {name}!";

    /// <summary>An example payload for the documentation.</summary>
    public object DocsInputExample() => new { name = "Ada", language = "fr" };
}

/// <summary>A service of the application.</summary>
public class Phrasebook
{
    private readonly Dictionary<string, string> _hello = new() { ["en"] = "Hello", ["fr"] = "Bonjour", ["cs"] = "Ahoj" };

    /// <summary>Languages with a greeting.</summary>
    public IReadOnlyCollection<string> Languages => _hello.Keys;

    /// <summary>The greeting of a language.</summary>
    public string Hello(string language) => _hello.TryGetValue(language, out var hello)
        ? hello
        : throw new KeyNotFoundException($"there is no greeting in '{language}'");
}
