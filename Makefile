# Parley. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

NODE_MODULES := node_modules/.package-lock.json
ARGS ?=

$(NODE_MODULES): package.json npm-shrinkwrap.json
	@scripts/preflight.sh
	npm ci --no-fund --no-audit
	@touch $@

.PHONY: help install build run check format test simulate faults bench bench-cluster micro load screenshots cluster servers servers-down clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

install: $(NODE_MODULES) ## what npm provides, as locked

build: $(NODE_MODULES) ## the server, the SDK and the web page, into dist/
	@node scripts/build.mjs

run: build ## the whole chat system in one process on ./data; ARGS="--port 9000 --data /somewhere"
	@exec node --initial-old-space-size=256 --max-semi-space-size=64 dist/src/node/main.js $(ARGS)

check: $(NODE_MODULES) ## format, lint, types, import directions, size and tidy
	@node scripts/check.mjs

format: $(NODE_MODULES) ## formats and mends what can be mended
	@npx biome check --write .

test: $(NODE_MODULES) ## make check, then all tests but the long ones of `make faults`, those on real servers last; FILES="src/core" for some
	@node scripts/test.mjs $(FILES)

faults: build ## faults on real processes, judged by the checker, and figures; FAULTS=44 FAULTS_SEED=7 FAULTS_ONLY=NATS
	@FAULTS=$${FAULTS:-44} npx vitest run --project servers test/cluster/faults
	@npx vitest run --project long --no-file-parallelism

simulate: $(NODE_MODULES) ## the seeded simulations; SEEDS=n for more, SEED=n for one; stops at the first seed that fails
	@npx vitest run --project 'quick*' test/simulation

bench: build ## the benchmarks, beside their floors; results in bench/results/
	@node dist/bench/main.js $(ARGS)

bench-cluster: build ## a cluster beside a bare Cassandra driver, on servers of its own; --help in ARGS
	@node dist/bench/cluster/main.js $(ARGS)

micro: build ## what is hot, each part alone beside a raw floor: codec, mailbox, ring, append, fan-out
	@node dist/bench/micro/hot.js $(ARGS)

load: build ## plays a load scenario; SCENARIO=direct (a name or a path), none lists them; see docs/LOAD.md
	@node dist/bench/load/main.js $(SCENARIO) $(if $(TARGET),--target $(TARGET)) $(if $(COMPARE),--compare $(COMPARE)) $(ARGS)

screenshots: build ## the pictures of docs/screenshots/, by a real Chromium
	@node dist/test/e2e/screenshots.js

cluster: build ## three nodes, two gateways, two APIs, push, admin and HAProxy on the servers of `make servers`; until Ctrl-C
	@exec node scripts/cluster/up.mjs $(ARGS)

servers: ## Consul, NATS, Cassandra, PostgreSQL on this machine; ARGS="--cassandra-nodes=3"
	@node scripts/servers/up.mjs $(ARGS)

servers-down: ## stops what `make servers` started
	@node scripts/servers/down.mjs

clean: ## stops the servers, removes what was built and their data (not ./data; PostgreSQL's may be in /var/tmp)
	@node scripts/servers/down.mjs --volumes
	rm -rf dist .cache src/protocol/generated
