# The whole development loop; `make help` prints it.
.DEFAULT_GOAL := help
.PHONY: help setup build run check fix test gen clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: node_modules/.package-lock.json ## install npm packages

node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-progress
	@touch $@

build: setup ## compile every package
	npx tsc -b

run: build ## start a local three-node cluster on port 4567, data under ./.millrace
	@node packages/cli/bin/millrace.js up

check: setup ## types, lint, format, layers, file lengths, unused exports
	npx tsc -b
	npx oxlint --type-aware --quiet
	npx oxfmt --check .
	npx vitest run --project unit test/tidy
	npx knip --no-progress

fix: setup ## format and apply automatic fixes
	npx oxfmt .
	npx oxlint --type-aware --fix --quiet

test: ## the whole suite, from a bare machine
	@bash scripts/test.sh

clean: ## remove build output
	rm -rf packages/*/dist
