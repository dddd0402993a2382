using Shouldly;

namespace JobRunner.Tests.Manifest;

/// <summary>Loads manifests from text, as tests write them.</summary>
internal static class ManifestText
{
    public static JobManifest Load(string text, params (string Name, string Value)[] environment) =>
        ManifestLoader.Parse(text, "job.yaml", Variables(environment));

    public static JobTypeExtra Extra(string text, params (string Name, string Value)[] environment) =>
        Load("jobtype_extra:\n" + Indented(text, 2), environment).Extra;

    public static QueueOptions Queue(string text, params (string Name, string Value)[] environment) =>
        Extra("queues:\n  -\n" + Indented(text, 4), environment).Queues.ShouldHaveSingleItem();

    public static ExecutorOptions Executor(string text, params (string Name, string Value)[] environment) =>
        Extra("executor:\n" + Indented(text, 2), environment).Executor;

    public static string Failure(string text, params (string Name, string Value)[] environment) =>
        Should.Throw<ManifestException>(() => Load(text, environment)).Message;

    public static string ExtraFailure(string text, params (string Name, string Value)[] environment) =>
        Should.Throw<ManifestException>(() => Extra(text, environment)).Message;

    public static Func<string, string?> Variables(params (string Name, string Value)[] environment) =>
        name => Array.Find(environment, variable => string.Equals(variable.Name, name, StringComparison.Ordinal)).Value;

    private static string Indented(string text, int spaces) =>
        string.Join('\n', text.Split('\n').Select(line => new string(' ', spaces) + line));
}
