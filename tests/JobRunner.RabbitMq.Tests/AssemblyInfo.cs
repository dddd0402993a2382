using JobRunner.RabbitMq.Tests;

[assembly: AssemblyFixture(typeof(RabbitServer))]
[assembly: AssemblyFixture(typeof(ImpatientServer))]
