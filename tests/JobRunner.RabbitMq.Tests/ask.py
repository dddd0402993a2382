"""Asks as any client of RabbitMQ does: a message, a reply queue of its own, and a correlation id."""
import json
import sys

import pika

port, queue = int(sys.argv[1]), sys.argv[2]
connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port))
channel = connection.channel()
channel.confirm_delivery()
answers = channel.queue_declare("", exclusive=True).method.queue
channel.basic_publish(
    "",
    queue,
    json.dumps({"number": 7907}),
    pika.BasicProperties(
        message_id="python-1",
        correlation_id="corr-1",
        reply_to=answers,
        headers={"endpoint": "/perform", "caller": "python", "attempted": 3},
    ),
    mandatory=True,
)
for method, properties, body in channel.consume(answers, auto_ack=True, inactivity_timeout=60):
    if method is None:
        sys.exit("no answer came")
    print(json.dumps({"correlation_id": properties.correlation_id, "body": body.decode()}))
    break
connection.close()
