#!/bin/bash
# Prints the tables of docs/benchmarks.md. First calls per second of the Primer sample beside a hand-written ASP.NET Core
# minimal API that does the same work: the two take turns, so that what else the machine does befalls both; figures are
# medians. Then how long after the end of a task a waiting poll has its result.
#
#   PAIRS=9 SECONDS_EACH=2 CONNECTIONS=32 POLLS=200 bench/run.sh
#
# PAIRS=0 or POLLS=0 leaves a table out.
#
# Needs the .NET SDK and wrk.
set -euo pipefail
cd "$(dirname "$0")/.."

pairs=${PAIRS:-9}
seconds=${SECONDS_EACH:-2}
connections=${CONNECTIONS:-32}
polls=${POLLS:-200}
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# The default of web projects, for both.
export DOTNET_gcServer=1
for project in samples/Primer bench/MinimalApi bench/PollLatency; do
  dotnet build -c Release -v q -nologo "$project" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
done
primer=$PWD/samples/Primer/bin/Release/net10.0
minimal=$PWD/bench/MinimalApi/bin/Release/net10.0
latency=$PWD/bench/PollLatency/bin/Release/net10.0
sed 's/^jobtype:.*/&\njobtype_extra:\n  max_concurrency: 8/' samples/Primer/job.yaml >"$work/gated.yaml"

free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# start FOLDER COMMAND... : runs a server in a folder, waits until it is ready, and leaves its port in $port.
start() {
  local folder=$1
  shift
  port=$(free_port)
  (cd "$folder" && exec env ASPNETCORE_URLS="http://127.0.0.1:$port" PORT="$port" "$@" >/dev/null 2>"$work/errors-$port") &
  pids+=($!)
  for _ in $(seq 200); do
    curl -sf -o /dev/null "http://127.0.0.1:$port/ready" && return
    sleep 0.05
  done
  echo "no server on port $port:" >&2
  cat "$work/errors-$port" >&2
  exit 1
}

# throughput PORT SECONDS : calls per second.
throughput() {
  local report
  report=$(wrk -t1 -c"$connections" -d"$2s" -s bench/perform.lua "http://127.0.0.1:$1/api/v1/perform")
  if grep -q 'Non-2xx\|Socket errors' <<<"$report"; then
    echo "$report" >&2
    exit 1
  fi
  awk '/Requests\/sec/ { print $2 }' <<<"$report"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# compare LABEL PORT PORT : one line of the table.
compare() {
  local label=$1 ours=$2 theirs=$3
  : >"$work/ours" >"$work/theirs"
  for _ in 1 2; do
    throughput "$ours" 3 >/dev/null
    throughput "$theirs" 3 >/dev/null
  done
  for _ in $(seq "$pairs"); do
    throughput "$ours" "$seconds" >>"$work/ours"
    throughput "$theirs" "$seconds" >>"$work/theirs"
  done
  local a b
  a=$(median <"$work/ours")
  b=$(median <"$work/theirs")
  awk -v label="$label" -v a="$a" -v b="$b" 'BEGIN { printf "| %s | %.0f | %.0f | %.2f |\n", label, a, b, a / b }'
}

# polled LABEL PORT PORT : one line of the second table; tasks are put at the first port and polled at the second.
polled() {
  local label=$1 figures
  figures=$("$latency/PollLatency" measure "http://127.0.0.1:$2" "http://127.0.0.1:$3" "$polls")
  awk -v label="$label" '{ printf "| %s | %s | %s | %s |\n", label, $1, $2, $3 }' <<<"$figures"
}

calls() {
  start "$minimal" ./MinimalApi
  bare=$port
  start "$minimal" ./MinimalApi --request-log
  logging=$port

  echo "| Primer | calls/s | minimal API, calls/s | ratio |"
  echo "| --- | ---: | ---: | ---: |"
  start "$primer" env LOG_LEVEL=warn ./Primer --host 127.0.0.1
  compare "\`LOG_LEVEL=warn\`" "$port" "$bare"
  start "$primer" env LOG_LEVEL=warn ./Primer --host 127.0.0.1 --manifest-path "$work/gated.yaml"
  compare "\`LOG_LEVEL=warn\`, \`max_concurrency: 8\`" "$port" "$bare"
  start "$primer" ./Primer --host 127.0.0.1
  compare "access log (the default)" "$port" "$logging"
}

polls() {
  local serve=(env LOG_LEVEL=warn JOBRUNNER_DATA_DIR="$work/tasks" ./PollLatency --host 127.0.0.1)
  echo "| a waiting poll, ms after the end | median | p99 | longest |"
  echo "| --- | ---: | ---: | ---: |"
  start "$latency" "${serve[@]}"
  local first=$port
  polled "of a task that ran in the same process" "$first" "$first"
  start "$latency" "${serve[@]}"
  polled "of a task that another process on the same file ran" "$first" "$port"
}

[ "$pairs" -eq 0 ] || calls
[ "$pairs" -eq 0 ] || [ "$polls" -eq 0 ] || echo
[ "$polls" -eq 0 ] || polls
