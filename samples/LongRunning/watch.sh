#!/usr/bin/env bash
# Starts a task of the dart board and watches it to its end. Arguments: address of the host, number of rounds.
set -euo pipefail
host=${1:-http://localhost:7000}
rounds=${2:-10}

location=$(curl -sS --fail-with-body -o /dev/null -D - -X POST "$host/api/v1/perform" \
  -H 'Prefer: respond-async' -H 'Content-Type: application/json' -d "{\"rounds\": $rounds}" |
  tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
echo "task $location"

# The events end with the task: states, progress, log lines.
curl -sSN --fail-with-body "$host$location/events" | sed -n 's/^data: //p'
curl -sS --fail-with-body "$host$location" | sed -E 's/.*"status":"([a-z]+)".*"result":([^,]+),.*/\1: \2/'
echo
