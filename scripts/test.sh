#!/usr/bin/env bash
# The whole suite, from a bare Debian machine: installs what is missing, builds, runs everything, ends in "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v aws > /dev/null || missing+=(awscli)
command -v redis-server > /dev/null || missing+=(redis-server)
python3 -c "import boto3" 2> /dev/null || missing+=(python3-boto3)
command -v etcd > /dev/null || missing+=(etcd-server)
compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" > /dev/null || missing+=(libfaketime)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
  else
    echo "not installed: ${missing[*]}; the tests that need them are skipped (apt-get install ${missing[*]})"
  fi
fi

make --no-print-directory setup
npx tsc -b

# The simulations need only processors: they take what the other tests leave.
reports=$(mktemp -d)
run=(npx vitest run --reporter=dot --reporter=json --passWithNoTests)
nice -n 19 "${run[@]}" --outputFile.json="$reports/simulation.json" --project simulation "$@" &
simulation=$!
trap 'kill $simulation 2> /dev/null || true; rm -rf "$reports"' EXIT
status=0
"${run[@]}" --outputFile.json="$reports/rest.json" --project unit --project system "$@" || status=$?
wait $simulation || status=$?
summary=0
node scripts/summarize-tests.js "$reports"/rest.json "$reports"/simulation.json || summary=$?
exit $((status > summary ? status : summary))
