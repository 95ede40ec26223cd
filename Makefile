# Two commands are enough: make run, make test. Nothing else need be prepared on a
# Debian machine with Go and make; make test installs what it needs when it may.

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-X main.version=$(VERSION)"
MINUTES ?= 60
PART    := ./.ci/part
# Packages whose tests start the program, a browser or servers, or attack it, have parts of their own.
UNIT     = $$($(GO) list ./... | grep -v -e /cmd/oboro$$ -e /collector/beacon$$ -e /internal/testkit$$ -e /internal/attack$$ -e /internal/cluster$$ -e /store/clickhouse$$)

.PHONY: build run cluster test check txtar attacks clickhouse cluster-short cluster-long browser race crosscheck attack secret fuzz bench soak profile golden clean

build: ## the program, as bin/oboro
	$(BUILD) -o bin/oboro ./cmd/oboro

run: build ## the demo: everything in one process, with a simulated site
	./bin/oboro demo

cluster: build ## two collectors behind nginx on a ClickHouse cluster, on loopback, with simulated visitors
	$(GO) build -o bin/cluster ./internal/cluster
	./bin/cluster

test: ## every test; what a machine cannot run is said aloud, and fails where CI is set
	@$(PART) install ./.ci/install
	@$(PART) build $(MAKE) --no-print-directory build
	@$(PART) check $(MAKE) --no-print-directory check
	@$(PART) race $(MAKE) --no-print-directory race
	@$(PART) crosscheck $(MAKE) --no-print-directory crosscheck
	@$(PART) txtar $(MAKE) --no-print-directory txtar
	@$(PART) attacks $(MAKE) --no-print-directory attacks
	@$(PART) browser $(MAKE) --no-print-directory browser
	@$(PART) clickhouse $(MAKE) --no-print-directory clickhouse
	@$(PART) cluster $(MAKE) --no-print-directory cluster-short
	@echo "all parts passed"

check: ## format, vet, staticcheck and the unit tests
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt these:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=.ci/tools.mod staticcheck ./...
	./.ci/gotest -skip '^TestBrowser' $(UNIT)

# What one goroutine does for long, over and over, tells the race detector nothing, and
# a process under it holds too much memory to be searched twice.
ALONE = EachByte|EveryByte|EveryChangedByte|FlatAnswersAsATree|TreeFindsWhatTheReaderFinds|TestTransparencyIs|PagesAreInert|OperatorIsText
ALONE := $(ALONE)|AgreesOnMadeHeaders|RulesTwice|ParseHostIsThePattern|CutsAgreeWithReference|DistributionSeesMutants|OldCellsAreBroughtForward
ALONE := $(ALONE)|AttackerHoldsAllTables|MemoryOfACrowd|KeyIsGoneFromMemory|^TestBrowser|CrashMatrix|NoAdversaryAddsMore|CrowdIsReplayed
ALONE := $(ALONE)|AllocateNothing|TestAddAgrees|ResetLeavesNoKey|GlanceMakesNoDifference|TestAdmissionCap

race: ## the tests under the race detector, which needs gcc
	./.ci/race -skip '$(ALONE)' $(UNIT)

crosscheck: ## noise beside Google's, published files by JSON Schema: a module of its own
	./.ci/crosschecks

attacks: ## the attacks in their short forms; docs/privacy.md lists all of them
	./.ci/gotest -count=1 -timeout 30m ./internal/attack
	./.ci/gotest -count=1 -run '^TestAttack' ./cmd/oboro

attack: ## the long forms of the attacks
	OBORO_LONG=1 ./.ci/gotest -count=1 -timeout 60m ./internal/attack
	OBORO_LONG=1 ./.ci/gotest -count=1 -timeout 60m -run 'Attacker|Crossed|Together|Sections' ./aggregator/seal/...
	OBORO_LONG=1 ./.ci/gotest -count=1 -timeout 60m -run FindsEachByte ./dashboards/public
	OBORO_LONG=1 ./.ci/crosschecks -run NoiseIsGoogles
	./.ci/gotest -count=1 -timeout 60m -tags long -run 'MillionCells$$|TwoHundredSites' ./aggregator ./dashboards/public

txtar: ## the program whole: log lines in, published files out; the canary test
	./.ci/gotest -count=1 -skip 'Browser|ClickHouse|^TestCluster$$|^TestAttack' ./cmd/oboro

clickhouse: ## the other store, on a ClickHouse server: its own tests, and the program whole
	./.ci/gotest -count=1 -timeout 10m -skip Cluster ./aggregator/store/clickhouse
	./.ci/gotest -count=1 -timeout 20m -run ClickHouseScripts ./cmd/oboro

cluster-short: ## make cluster starts, counts and stops; a whole cluster behind nginx whose parts are killed, beside one process; a replica that is wrong
	./.ci/gotest -count=1 ./internal/cluster
	./.ci/gotest -count=1 -timeout 10m -run '^TestCluster$$' ./cmd/oboro
	./.ci/gotest -count=1 -timeout 10m -run '^TestCluster$$/^what_one_replica_alone_believes_in' ./aggregator/store/clickhouse

cluster-long: ## the same with many more kills; the store's own tests, and the scripts of a cluster; some minutes
	OBORO_LONG=1 ./.ci/gotest -count=1 -timeout 60m -run '^TestCluster$$' ./cmd/oboro
	./.ci/gotest -count=1 -timeout 20m -run Cluster ./aggregator/store/clickhouse
	./.ci/gotest -count=1 -timeout 10m -run ClickHouseCluster ./cmd/oboro

browser: ## the beacon and the pages in a real Chromium
	./.ci/gotest -count=1 ./collector/beacon ./internal/testkit
	./.ci/gotest -count=1 -run '^TestBrowser' ./dashboards/public ./cmd/oboro

secret: ## the build that overwrites what held a key, as bin/oboro-secret, and its tests; compiles Go's library anew
	GOEXPERIMENT=runtimesecret ./.ci/gotest ./collector/internal/visitors ./internal/ramlog
	GOEXPERIMENT=runtimesecret $(BUILD) -o bin/oboro-secret ./cmd/oboro

fuzz: ## each fuzz target for 20 seconds
	./.ci/fuzz 20s

bench: build ## speed and size against nginx, GoAccess and AWStats, as ratios
	./.ci/bench-install
	$(GO) run ./internal/bench

soak: build ## an hour at half of what this computer takes, with flat memory; MINUTES=5 for less
	$(GO) run ./internal/bench soak --minutes $(MINUTES)

profile: ## where the program spends its time, for the compiler: cmd/oboro/default.pgo
	./.ci/bench-install
	CGO_ENABLED=0 $(GO) build -trimpath -pgo=off -tags profile -o bin/oboro-profile ./cmd/oboro
	$(GO) run ./internal/bench --program bin/oboro-profile --rounds 10 --profile cmd/oboro/default.pgo

golden: ## write the golden files anew; look at the difference before you commit it
	$(GO) test ./dashboards/... ./aggregator/... ./cmd/oboro/... -update

clean:
	rm -rf bin
