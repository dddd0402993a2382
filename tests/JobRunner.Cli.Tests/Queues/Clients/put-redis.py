"""Asks as any client of Redis does: an entry in the stream, and a stream for its answer."""
import json
import sys

import redis

client = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
entry = client.xadd("jobs", {"id": "python-1", "payload": json.dumps({"number": 7907}), "reply_to": "answers-python"})
found = client.xread({"answers-python": "0"}, block=60_000)
if not found:
    sys.exit("no answer came")
fields = found[0][1][0][1]
print(json.dumps({"entry": entry, "correlation_id": fields["correlation_id"], "answer": json.loads(fields["payload"])}))
