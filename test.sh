#!/usr/bin/env bash
# Builds everything and runs all tests. Installs what is missing (Debian packages, as root). Each test project starts the
# servers it needs on ports of its own and stops them by pid. The last line is the sum: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

end() { # passed failed skipped
  echo "$1 passed, $2 failed, $3 skipped"
  [[ $2 -eq 0 ]] || exit 1
  exit 0
}

if ! command -v dotnet >/dev/null; then
  echo "test.sh: the .NET 10 SDK is missing; install it and run this again" >&2
  end 0 1 0
fi

# command:package of everything that a test starts
needed=(
  chromium:chromium
  curl:curl
  nats-server:nats-server
  node:nodejs
  npm:npm
  openssl:openssl
  promtool:prometheus
  rabbitmq-server:rabbitmq-server
  redis-server:redis-server
  redis-cli:redis-tools
  wrk:wrk
)
missing=()
for entry in "${needed[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${entry%%:*}" >/dev/null || missing+=("${entry#*:}")
done
/usr/bin/python3 -c 'import pika' 2>/dev/null || missing+=(python3 python3-pika)
/usr/bin/python3 -c 'import redis' 2>/dev/null || missing+=(python3 python3-redis)
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "installing: ${missing[*]}"
  if [[ $(id -u) -ne 0 ]]; then
    echo "test.sh: not root; as root, run: apt-get install ${missing[*]}" >&2
    end 0 1 0
  fi
  export DEBIAN_FRONTEND=noninteractive
  # Freshly installed servers must not start by themselves: tests start their own.
  policy=/usr/sbin/policy-rc.d
  [[ -e $policy ]] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made_policy=1; }
  apt-get -o DPkg::Lock::Timeout=600 update -qq &&
    apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  installed=$?
  [[ -z ${made_policy:-} ]] || rm -f $policy
  if [[ $installed -ne 0 ]]; then
    echo "test.sh: apt-get could not install ${missing[*]}" >&2
    end 0 1 0
  fi
fi
export PATH="$PATH:/usr/sbin:/sbin"

configuration=${CONFIGURATION:-Release}

# One compiler serves all projects of this build, which is several times faster; it ends with the build.
compiler=jobrunner-$$
dotnet build JobRunner.sln -c "$configuration" -v q -nologo -p:UseSharedCompilation=true -p:SharedCompilationId=$compiler
built=$?
for process in /proc/[0-9]*; do
  if tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q -- "-pipename:$compiler\b"; then
    kill "${process#/proc/}"
  fi
done
if [[ $built -ne 0 ]]; then
  echo "test.sh: the build failed" >&2
  end 0 1 0
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
run() { # name of the project, arguments
  local name=$1
  shift
  echo "--- $name"
  "tests/$name/bin/$configuration/net10.0/$name" -noColor "$@" 2>&1 | tee "$results/$name.log"
}

# The tests of the stores and brokers mostly wait: they run beside those of the command, and are shown after them.
beside=(JobRunner.Conformance JobRunner.Nats.Tests JobRunner.RabbitMq.Tests JobRunner.Redis.Tests)
projects=$(for file in $(grep -l xunit.runner.visualstudio tests/*/*.csproj); do basename "$file" .csproj; done)
for name in "${beside[@]}"; do run "$name" "$@"; done >"$results/beside" 2>&1 &
waiting=$!
for name in $projects; do
  [[ " ${beside[*]} " == *" $name "* ]] || run "$name" "$@"
done
wait "$waiting"
cat "$results/beside"

passed=0 failed=0 skipped=0
for name in $projects; do
  log=$results/$name.log
  # A filter in the arguments may leave a project without tests.
  [[ $# -eq 0 ]] || ! grep -qE ' Total: 0$' "$log" || continue
  summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1)
  if [[ -z $summary ]]; then
    echo "test.sh: $name ended without a summary" >&2
    failed=$((failed + 1))
    continue
  fi
  number() { sed -E "s/.*$1: ([0-9]+).*/\1/" <<<"$summary"; }
  bad=$(($(number Errors) + $(number Failed)))
  total=$(number Total) out=$(number Skipped)
  failed=$((failed + bad))
  skipped=$((skipped + out))
  passed=$((passed + total - bad - out))
done
end "$passed" "$failed" "$skipped"
