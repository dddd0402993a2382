using JobRunner.RabbitMq.Connections;
using JobRunner.RabbitMq.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobRunner.RabbitMq.Tests;

/// <summary>What a URL and the environment say of brokers, users and names.</summary>
public sealed class RabbitUrlTests
{
    [Theory]
    [InlineData("amqp://host", "/")]
    [InlineData("amqp://host/", "/")]
    [InlineData("amqp://host/%2F", "/")]
    [InlineData("amqp://host/work", "work")]
    [InlineData("amqp://host/a%2Fb", "a/b")]
    public void A_path_is_the_virtual_host_and_an_empty_one_the_first(string url, string virtualHost) =>
        Endpoint(url).VirtualHost.ShouldBe(virtualHost);

    [Fact]
    public void User_information_is_percent_encoded()
    {
        var endpoint = Endpoint("amqp://jo%40hn:p%2Fa%3Ass%25@host");

        endpoint.User.ShouldBe("jo@hn");
        endpoint.Password.ShouldBe("p/a:ss%");
    }

    [Fact]
    public void Several_servers_are_tried_each_at_its_own_port()
    {
        var endpoints = Endpoint("amqp://one,two:5000,[::1]:5001/work").CreateEndpoints();

        endpoints.Select(endpoint => (endpoint.HostName, endpoint.Port)).ShouldBe([("one", 5672), ("two", 5000), ("::1", 5001)]);
    }

    [Fact]
    public void TLS_has_its_own_port_and_checks_each_servers_own_name()
    {
        var endpoints = Endpoint("amqps://one,two:5000").CreateEndpoints();

        endpoints.Select(endpoint => (endpoint.Port, endpoint.Ssl.Enabled, endpoint.Ssl.ServerName))
            .ShouldBe([(5671, true, "one"), (5000, true, "two")]);
    }

    [Fact]
    public void Variables_fill_in_what_the_URL_leaves_out()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["RABBITMQ_HOST"] = "broker:5000", ["RABBITMQ_USERNAME"] = "worker", ["RABBITMQ_PASSWORD"] = "secret",
        };

        var filled = RabbitEndpoint.Of(QueueUrl.Parse("amqp:"), environment.GetValueOrDefault);
        var own = RabbitEndpoint.Of(QueueUrl.Parse("amqp://me:mine@host"), environment.GetValueOrDefault);

        (filled.Hosts.Single().ToString(), filled.User, filled.Password).ShouldBe(("broker:5000", "worker", "secret"));
        (own.Hosts.Single().ToString(), own.User, own.Password).ShouldBe(("host", "me", "mine"));
    }

    [Fact]
    public void A_host_variable_that_is_none_is_named()
    {
        var error = Should.Throw<FormatException>(() => RabbitEndpoint.Of(QueueUrl.Parse("amqp:"), name => name is "RABBITMQ_HOST" ? "a b" : null));

        error.Message.ShouldContain("RABBITMQ_HOST");
    }

    [Fact]
    public void A_queue_name_that_is_too_long_is_named_with_both_numbers()
    {
        var error = Should.Throw<FormatException>(() => Create($"amqp://user:hidden@host?queue={new string('q', 300)}"));

        error.Message.ShouldContain("queue");
        error.Message.ShouldContain("300");
        error.Message.ShouldContain("239");
        error.Message.ShouldNotContain("hidden");
    }

    [Fact]
    public void A_virtual_host_that_is_too_long_is_named()
    {
        var error = Should.Throw<FormatException>(() => Create($"amqp://user:hidden@host/{new string('v', 300)}"));

        error.Message.ShouldContain("virtual host");
        error.Message.ShouldNotContain("hidden");
    }

    [Fact]
    public void One_line_registers_both_schemes_and_twice_is_harmless()
    {
        var services = new ServiceCollection().AddLogging().AddRabbitMqQueues().AddRabbitMqQueues();

        var transport = services.BuildServiceProvider().GetServices<IJobQueueTransport>().Single();

        transport.Schemes.ShouldBe(["amqp", "amqps"]);
        var queue = transport.Create(QueueOptions.FromUrl("amqp://host?queue=math&max_message_size=1m"));
        queue.Name.ShouldBe("math");
        queue.MaxMessageSize.ShouldBe(1024 * 1024);
        queue.IsDurable.ShouldBeTrue();
        queue.Store.ShouldBeNull();
    }

    private static RabbitEndpoint Endpoint(string url) => RabbitEndpoint.Of(QueueUrl.Parse(url), _ => null);

    private static IJobQueue Create(string url) =>
        new RabbitQueueTransport(NullLoggerFactory.Instance, TimeProvider.System).Create(new QueueOptions { Url = QueueUrl.Parse(url) });
}
