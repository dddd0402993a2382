using JobRunner.RabbitMq.Tests;

[assembly: AssemblyFixture(typeof(RabbitServer))]
