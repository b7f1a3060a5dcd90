#!/usr/bin/env bash
# Everything a machine can say about the source, side by side: types first (the linter reads their output), then the rest.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
names=()
pids=()

part() {
  local name=$1
  shift
  names+=("$name")
  "$@" > "$logs/$name" 2>&1 &
  pids+=($!)
}

part types npx tsc -b
part "types of tests" npx tsc -p test
part format npx oxfmt --check .
part tidy npx vitest run --project unit test/tidy
part unused npx knip --no-progress
part lint npx oxlint --type-aware --quiet

failed=0
for index in "${!names[@]}"; do
  if wait "${pids[$index]}"; then
    echo "ok      ${names[$index]}"
  else
    failed=1
    echo "FAILED  ${names[$index]}"
    grep -v "^npm warn" "$logs/${names[$index]}" | sed 's/^/        /'
  fi
done
exit $failed
