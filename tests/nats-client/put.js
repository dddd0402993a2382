// Asks as any client of NATS does: a message into the stream, and a subject for its answer.
const { connect, headers } = require("nats");

async function main(port) {
  const connection = await connect({ servers: `127.0.0.1:${port}`, timeout: 30_000 });
  const answers = connection.subscribe("answers.node", { max: 1, timeout: 60_000 });
  const metadata = headers();
  metadata.set("id", "node-1");
  metadata.set("reply_to", "answers.node");
  const accepted = await connection.jetstream().publish("jobs", JSON.stringify({ number: 7907 }), { headers: metadata });
  for await (const answer of answers) {
    console.log(JSON.stringify({ stream: accepted.stream, answer: answer.json() }));
  }
  await connection.close();
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
