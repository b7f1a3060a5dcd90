# The whole development loop; `make help` prints it.
.DEFAULT_GOAL := help
.PHONY: help setup build run check test clients bench bench-producer bench-worker sim sim-core chaos figures gen fix fixture clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: node_modules/.package-lock.json ## install npm packages

node_modules/.package-lock.json: package-lock.json
	@echo "installing npm packages, a minute or so"
	npm ci --ignore-scripts --no-progress
	@touch $@

build: setup ## compile every package
	npx tsc -b

run: build ## start a local three-node cluster on port 4567, data under ./.millrace
	@node packages/cli/bin/millrace.js up $(ARGS)

check: setup ## types, lint, format, layers, file lengths, unused exports
	@bash scripts/check.sh

test: ## the whole suite, from a bare machine; ends in "N passed, N failed"
	@bash scripts/test.sh

clients: build ## run clients that others wrote (SDKs, KCL, KPL, Flink) against a cluster; fetches and compiles them first
	EVERY_CLIENT=1 npx vitest run --project system test/clients

bench: build ## measure against kinesalite and write docs/benchmarks.md
	@node packages/load/dist/main.js bench --raw --write docs/benchmarks.md

bench-producer: build ## measure the producer against the SDK without it and write docs/benchmarks-producer.md
	@node packages/load/dist/main.js bench-producer --seconds 3 --rounds 3 --write docs/benchmarks-producer.md

bench-worker: build ## measure the worker against a bare loop and write docs/benchmarks-worker.md
	@node examples/worker-benchmark.js --megabytes 96 --rounds 4 --write docs/benchmarks-worker.md

sim: setup ## whole clusters on simulated time, network and disk: RUNS=20 SEED=1 SECONDS=120 META=
	@RUNS=$(RUNS) SEED=$(SEED) SECONDS=$(SECONDS) META=$(META) node --conditions=source --import tsx test/sim/simulate.ts

sim-core: setup ## the protocol core alone, a thousand seeds a second and processor: RUNS=100000 SEED=1
	@RUNS=$(RUNS) SEED=$(SEED) node --conditions=source --import tsx test/sim/simulate-core.ts

chaos: build ## hurt a cluster of real processes for MINUTES=10 in ways drawn from SEED and check every record
	@node --import tsx test/chaos/main.ts --minutes=$(or $(MINUTES),10) --seed=$(SEED) --only=$(ONLY) --write=$(WRITE)

figures: build ## measure failover, catch-up, 10,000 shards and restart on a quiet machine: PART= WRITE=
	@node --import tsx test/figures/main.ts --part=$(PART) --write=$(WRITE)

gen: setup ## rewrite generated files; with MODEL=kinesis.json (AWS's Smithy model) the API tables too
	$(if $(MODEL),node scripts/generate-kinesis-tables.mjs $(MODEL) --proto)
	bash scripts/generate-rpc-types.sh
	node scripts/generate-compatibility.mjs

fix: setup ## format and apply automatic fixes
	npx oxfmt .
	npx oxlint --type-aware --fix --quiet

fixture: build ## keep what this release writes to disk for the tests of later ones (test/formats)
	@node --import tsx test/formats/write-fixture.ts

clean: ## remove build output
	rm -rf packages/*/dist test/clients/*/dist test/clients/java/*/dist
