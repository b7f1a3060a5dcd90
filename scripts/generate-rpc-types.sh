#!/usr/bin/env bash
# TypeScript types of proto/, written by proto-loader's own generator. Committed; test/tidy proves them fresh.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-packages/rpc/src/generated}
rm -rf "$out"
node_modules/.bin/proto-loader-gen-types --longs=Number --enums=String --defaults --grpcLib=@grpc/grpc-js \
  --outDir="$out" --includeDirs=proto --targetFileExtension=.ts --importFileExtension=.ts \
  millrace/v1/storage.proto millrace/v1/peer.proto millrace/v1/cluster.proto etcd/v3/etcd.proto
{
  echo "// Written by scripts/generate-rpc-types.sh: every message and service type of proto/."
  for file in "$out"/millrace/v1/*.ts; do echo "export type * from \"./millrace/v1/$(basename "$file")\";"; done
} > "$out/messages.ts"
