# Draille: `make run` runs it, `make test` tests it. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO_FILES  := $(shell find cmd sfu signaling turn loadtest web -name '*.go' -not -name '*_test.go' -not -path '*/node_modules/*' 2>/dev/null)
WEB_FILES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/vite.config.ts
RESULTS   := bin/results
# packages whose tests work on a store of the practice
STORED    := desk|store|people|courier|ledger|figures|demo|opinion|picture|thread|report|interop/(fhir|record)
ON_STORES := draille/signaling/practice/($(STORED))
# The race detector comes with a check of each unsafe pointer. SQLite, which is Go code made from C,
# has little else: without that check the tests of cmd/draille take two thirds of the processor time.
RACE      := -race -gcflags='modernc.org/...=-d=checkptr=0'
# make test draws the same cases for the property tests each time, and gives the fuzz targets their
# seeds alone, so that none fails by chance: make properties and make fuzz look for others.
export RAPID_SEED ?= 1
FUZZ_TIME ?= 1m
PROFILE   ?= thin-150
CALL_TIME ?= 40s
SOAK_TIME ?= 30m
SOAK_SEED ?= 1
GOVULNCHECK ?= v1.1.4
RUNS      ?= 3
RULE      ?=
FAULT     ?=
TO        ?=
COUNT     ?= 1
GO_TESTS  ?= 3
CHURN_TIME ?= 60s
CASE      ?=
BITRATES  ?=
SEED      ?=
CALLS     ?= 100
CHECKS    ?= 2000
DURATION  ?= 10m
SUITE     ?= 350,150,falls,heal,meetings

.PHONY: tenure-day help run build test check test-go test-race test-offices test-web test-browsers test-measured test-safari screenshots properties fuzz ablate rmcat moving tenure tenure-figures tenure-mutations peers-figures loadtest capacity practice-load practice-calls bench forwarding churn matrix telestaffs thinlink thinlink-table thinlink-join codecs media clean floods soak audit build-static

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

run: build ## build, and serve a demonstration on http://localhost:8080
	@exec bin/draille serve --demo

build: bin/draille ## build the client and the binary

bin/draille: web/dist/index.html go.mod go.sum $(GO_FILES)
	@echo "building bin/draille"
	@# -trimpath would compile everything once more than for the analysis and the tests.
	@go build -o $@ ./cmd/draille

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_FILES)
	@echo "building the client"
	@cd web && npm run --silent build -- --logLevel warn
	@go run ./web/compress web/dist

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer"; exit 1; }
	@echo "installing the client's packages"
	@cd web && npm ci --silent --no-audit --no-fund || \
		{ echo "the client's packages could not be installed: run npm ci in web to see why"; exit 1; }

test: ## everything: analysis, unit, property and browser tests
	@rm -rf $(RESULTS) && mkdir -p $(RESULTS)
	@for stage in build check test-go test-web test-browsers; do began=$$(date +%s); \
		$(MAKE) --no-print-directory $$stage || exit 1; \
		echo "$$stage: $$(($$(date +%s) - began)) s"; done
	@.ci/tally $(RESULTS)

check: build ## types and static analysis
	@echo "== static analysis"
	@test -z "$$(gofmt -l cmd sfu signaling turn loadtest web/*.go)" || { echo "gofmt wants to change:"; gofmt -l cmd sfu signaling turn loadtest web/*.go; exit 1; }
	@go vet ./...
	@go tool staticcheck ./...
	@go vet ./.ci/style ./.ci/layout ./.ci/serial ./.ci/ablate ./.ci/mutate && go test ./.ci/style ./.ci/ablate
	@go run ./.ci/mutate -check
	@go run ./.ci/style
	@go run ./.ci/layout
	@cd web && npm run --silent check
	@.ci/weight web/dist

test-go: build ## Go tests, with the race detector where anything runs at once, and their coverage
	@echo "== Go tests"
	@mkdir -p $(RESULTS)
	@.ci/programs initdb=postgresql pdftotext=poppler-utils
	@# Nothing runs at once in the deciders and their simulations: no races, and 20 times faster so.
	@CI=1 go tool gotestsum --format pkgname --jsonfile $(RESULTS)/go-serial.json -- \
		-vet=off -coverprofile=$(RESULTS)/serial.out $$(go run ./.ci/serial)
	@# Beside what mostly waits for the clock there is time for what works on stores.
	@.ci/in-memory $(MAKE) --no-print-directory -j2 --output-sync=line test-go-concurrent test-go-stores
	@# The race detector allocates: that a packet does not is shown without it.
	@go test -count=1 -run '^TestSteadyPathDoesNotAllocate$$' ./sfu
	@.ci/coverage $(RESULTS)/serial.out,$(RESULTS)/cover.out,$(RESULTS)/practice.out sfu=80 signaling=80

.PHONY: test-go-concurrent test-go-stores
# make check has vetted what is tested.
test-go-concurrent: build # Tests in real time wait more than they work: more of them than cores run at once.
	@CI=1 TEST_DRAILLE=$(CURDIR)/bin/draille go tool gotestsum --format pkgname \
		--jsonfile $(RESULTS)/go.json -- $(RACE) -vet=off -p $(GO_TESTS) -parallel $(GO_TESTS) \
		-timeout 10m -coverprofile=$(RESULTS)/cover.out \
		$$(go run ./.ci/serial -not | grep -vxE '$(ON_STORES)')

# SQLite is Go code made from C, which the race detector makes many times slower: what works on a store
# is tested without it here, on both engines, and with it by make test-race.
test-go-stores: build
	@CI=1 nice -n 5 go tool gotestsum --format pkgname --jsonfile $(RESULTS)/go-practice.json -- -vet=off \
		-p 1 -parallel $(GO_TESTS) -coverpkg=./signaling/practice/... \
		-coverprofile=$(RESULTS)/practice.out \
		$$(go run ./.ci/serial -not | grep -xE '$(ON_STORES)')

test-race: build ## with the race detector, what make test tests without it: the practice's packages on their stores
	@CI=1 .ci/in-memory go test $(RACE) -p 1 -timeout 30m $$(go run ./.ci/serial -not | grep -xE '$(ON_STORES)')

test-web: build ## the client's unit tests
	@echo "== client unit tests"
	@mkdir -p $(RESULTS)
	@cd web && npx vitest run --reporter=default --reporter=json --outputFile=../$(RESULTS)/vitest.json

test-browsers: build ## real Chromium and Firefox against the real binary
	@echo "== browser tests"
	@mkdir -p $(RESULTS)
	@.ci/programs chromium firefox-esr pulseaudio
	@cd web && PLAYWRIGHT_JSON_OUTPUT_NAME=../$(RESULTS)/browsers.json npx playwright test --project=browsers --project=safari --reporter=list,json $(SPEC)

test-offices: build ## browser tests of the staff's rarer pages, and those that take long: web/README.md
	@.ci/programs chromium firefox-esr pulseaudio pdftotext=poppler-utils
	@cd web && npx playwright test --project=offices --project=long $(SPEC)

test-measured: build ## browser tests that measure: lips in step with voices, the gap when a server is drained
	@.ci/programs chromium
	@cd web && npx playwright test --project=measured $(SPEC)

.PHONY: photo
photo: build ## a photo of 4 MB in a call over thin-60 and adsl-end, in real Chromium (root)
	@test "$$(id -u)" -eq 0 || { echo "network namespaces need root: run sudo make photo"; exit 1; }
	@.ci/programs chromium
	@cd web && nice -n -15 npx playwright test --project=bench photo

.PHONY: probing
probing: build ## what Chromium's congestion control does with another cap, as the load test models it (root)
	@test "$$(id -u)" -eq 0 || { echo "network namespaces need root: run sudo make probing"; exit 1; }
	@.ci/programs chromium
	@cd web && nice -n -15 npx playwright test --project=bench probing

test-safari: build ## the browser tests with a Chromium that lacks what Safari 15.4 lacks
	@.ci/programs chromium
	@cd web && SAFARI_ALL=1 npx playwright test --project=safari $(SPEC)

screenshots: build ## every page on desktop, tablet and phone, into web/screenshots
	@.ci/programs chromium
	@cd web && npx playwright test --project=screenshots
	@echo "see web/screenshots"

properties: build ## the property tests with other cases, and more: make properties CHECKS=2000 SEED=7
	@seed=$(or $(SEED),$$(date +%s)); echo "== property tests, $(CHECKS) cases each, seed $$seed"; \
		RAPID_SEED=$$seed RAPID_CHECKS=$(CHECKS) go test -vet=off -count=1 -timeout 0 \
		$$(git grep -l pgregory.net/rapid -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's,^,./,') && \
		cd web && VITE_PROPERTY_SEED=$$seed VITE_PROPERTY_CHECKS=$(CHECKS) \
		npx vitest run --testTimeout=600000 $$(git grep -l testing/properties -- '*.test.ts')

fuzz: build ## the fuzz targets look for new inputs, each for a minute: make fuzz FUZZ_TIME=10m
	@.ci/fuzz $(FUZZ_TIME) $(RESULTS)/fuzz.txt

ablate: ## what each rule of the estimators is for: what gets worse without it, in virtual time: make ablate RULE=send/yield, or TO=sfu/congestion/README.md
	@go run ./.ci/ablate $(if $(RULE),-rule $(RULE)) $(if $(TO),-readme $(TO))

rmcat: ## RFC 8867's cases for our estimator and for pion's gcc, in virtual time
	@cd loadtest/rmcat && go test -run '^TestSuite$$' -count=1 -rmcat.table

tenure: ## which node a room lives on, in virtual time: make tenure SEEDS=10000 HOURS=1000000 (of rooms) SEED=1 FORGETFUL=1; FOR=30m: a piece of it, the next call goes on
	@mkdir -p reports
	@nice go test ./signaling/tenure/simulation -run '^TestLong$$' -count=1 -timeout 0 -v \
		-tenure.seeds $(or $(SEEDS),1000) -tenure.hours $(or $(HOURS),0) -tenure.seed $(or $(SEED),1) \
		$(if $(FORGETFUL),-tenure.small -tenure.forgetful) \
		$(if $(FOR),-tenure.for $(FOR) \
		-tenure.notes $(CURDIR)/reports/tenure$(if $(FORGETFUL),-forgetful).txt)

tenure-day: ## a day of France in virtual time, in which a node and a data centre are lost: what it costs the register (minutes); SERVICE=1ms UNTIL=5 (hours)
	@nice go test ./signaling/tenure/simulation -run '^TestDay$$' -count=1 -timeout 0 -v -tenure.figures \
		-tenure.seed $(or $(SEED),1) -tenure.service $(or $(SERVICE),2ms) -tenure.day $(or $(UNTIL),0)

tenure-figures: ## how evenly rooms are placed, and how soon a dead node's rooms have an owner again
	@go test ./signaling/tenure/simulation -run 'Placement|Rehoming' -count=1 -v \
		-tenure.figures -tenure.seed $(or $(SEED),1)

tenure-mutations: ## that the simulation notices mistakes: the table of signaling/tenure/README.md
	@nice go run ./.ci/mutate -readme signaling/tenure/README.md

peers-figures: ## what a websocket through another node costs, in time and memory, and messages between nodes
	@go test -run '^$$' -bench . -benchtime 2s ./signaling/peers

# Of the table that README shows no seed is the same: SEED= repeats one.
moving: ## links that move, in virtual time: make moving SEED=7 CALLS=200 SUITE=350,150,falls,heal,meetings; REAL=1: the worst in real Chromium (root)
	@mkdir -p reports
	@cd loadtest/moving && go test -run '^TestTable$$' -count=1 -timeout 60m -moving.table \
		-moving.seed $(or $(SEED),$$(date +%s)) -moving.calls $(CALLS) -moving.suite $(SUITE) \
		-moving.worst-file $(CURDIR)/reports/moving-worst.txt
	@if [ -n "$(REAL)" ]; then grep -E '^(moving|fall):' reports/moving-worst.txt | while read -r name; do \
		$(MAKE) --no-print-directory thinlink PROFILE="$$name" </dev/null; done; fi

loadtest: build ## a telestaff of 8, two of them at the end of a long ADSL line, 30 s: reports/telestaff.html
	@mkdir -p reports
	@bin/draille loadtest telestaff --local --participants 8 --thin 2 --link adsl-end --duration 30s --html reports/telestaff.html --json reports/telestaff.json

practice-load: build ## how fast the list of the day is in a practice of 100,000 appointments while 20 consultations run
	@go run ./signaling/practice/load bin/draille

.PHONY: practice-admissions
practice-admissions: build ## 1,000 ADT messages a second for 60 s while 20 consultations run: none lost, in order, no voice lost; STORE=postgres://…
	@go run ./signaling/practice/load -admissions 1000 -duration 60s $(if $(STORE),-store $(STORE)) bin/draille

practice-calls: build ## whether calls are slower for the practice: first frames and forwarding with it and without, by turns (Linux)
	@go run ./signaling/practice/load -calls bin/draille

capacity: build ## how many consultations this machine holds
	@mkdir -p reports
	@bin/draille loadtest capacity --local --html reports/capacity.html --json reports/capacity.json

.PHONY: hl7-kills
hl7-kills: ## kill -9 of what takes and what sends HL7 messages, 200 times each, on both engines: nothing lost, nothing twice
	@.ci/programs initdb=postgresql
	@CI=1 go test ./signaling/practice/interop/hl7 -run '^TestAKilledReceiver' -count=1 -timeout 30m -v -hl7.kills 200
	@CI=1 go test ./signaling/practice/interop/record -run '^TestAKilledSender' -count=1 -timeout 30m -v -record.kills 200

bench: ## every stage of the media path, and the whole of it, with -benchmem: make bench COUNT=10 | tee new.txt, for benchstat
	@go test -run '^$$' -bench . -benchmem -count $(COUNT) ./sfu ./sfu/srtp ./sfu/rtpx ./sfu/pacing ./sfu/congestion/send ./sfu/nack

forwarding: build ## what forwarding a packet costs here: make forwarding CASE=1-50,12-12 RUNS=1 SINK=1 (Linux)
	@$(if $(SINK),.ci/programs nft=nftables)
	@bin/draille loadtest forwarding --runs $(RUNS) $(if $(CASE),--case $(CASE)) $(if $(SINK),--sink)

churn: ## twelve people, one of whom leaves every second while another comes, for CHURN_TIME=60s, with the race detector
	@cd sfu && go test -race -count=1 -run '^TestPeopleComeAndGo$$' -v -churn $(CHURN_TIME)

profile: build ## where the server's time goes while it forwards: make profile CASE=4-50 (Linux, root)
	@.ci/programs perf=linux-perf
	@.ci/profile $(or $(CASE),4-50)

telestaffs: build ## meetings with thin links, and what those on good links notice of them: reports/telestaff-*.html
	@bin/draille loadtest telestaffs --local --folder reports

matrix: build ## a consultation over every named link, with a verdict for each: reports/matrix.html
	@mkdir -p reports
	@bin/draille loadtest matrix --local --html reports/matrix.html --json reports/matrix.json

thinlink: build ## two real Chromiums, one behind a thin link: make thinlink PROFILE=adsl-end (root)
	@.ci/programs chromium
	@mkdir -p reports
	@nice -n -15 bin/draille loadtest thinlink --profile $(PROFILE) --duration $(CALL_TIME) --html reports/$(PROFILE).html --json reports/$(PROFILE).json --images reports

thinlink-table: build ## the table of thin links, medians of RUNS=3 calls each: make thinlink-table ROW=thin-150 (root), or VIRTUAL=1
	@$(if $(VIRTUAL),,.ci/programs chromium)
	@$(if $(VIRTUAL),,nice -n -15) bin/draille loadtest thinlink-table --runs $(RUNS) $(addprefix --row ,$(ROW)) $(if $(VIRTUAL),--virtual)

thinlink-join: build ## opening the page to the first voice and frame, over a satellite: make thinlink-join RUNS=1 (root)
	@.ci/programs chromium
	@nice -n -15 bin/draille loadtest thinlink-join --runs $(RUNS)

codecs: build ## AV1, VP9 and VP8 in real Chromium at BITRATES=40,80,150 (kbit/s): likeness, frames/s, CPU
	@.ci/programs chromium
	@nice -n -15 bin/draille loadtest codecs $(addprefix --bitrates ,$(BITRATES))

floods: build ## attacks on a server of one's own while a call goes on, all or ROW=chat,bombs: the table of what held; DOORS=1: on one of three
	@mkdir -p reports
	@bin/draille loadtest flood $(if $(ROW),--only $(ROW)) $(if $(DOORS),--doors) | tee reports/floods$(if $(DOORS),-doors).md

soak: build ## rooms come and go while things go wrong: make soak SOAK_TIME=30m; DOORS=1: on three servers of one name
	@mkdir -p reports
	@bin/draille loadtest soak --duration $(SOAK_TIME) --seed $(SOAK_SEED) $(if $(DOORS),--doors) | tee reports/soak$(if $(DOORS),-doors).md

audit: build ## known faults of what this is built on; needs the network (vuln.go.dev and the npm registry)
	@echo "== govulncheck"
	@go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK) ./...
	@echo "== npm audit"
	@cd web && npm audit

build-static: web/dist/index.html ## bin/draille-static, for a container that holds nothing else
	@CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/draille-static ./cmd/draille

.PHONY: network
network: build ## real Chromiums behind firewalls and on changing networks, and coturn's clients against our relay (root)
	@test "$$(id -u)" -eq 0 || { echo "network namespaces need root: run sudo make network"; exit 1; }
	@.ci/programs chromium firefox-esr pulseaudio nft=nftables turnutils_uclient=coturn tinyproxy
	@go test ./turn -run '^TestCoturnsClients$$' -coturn -count=1 -v | grep -v '^=== '
	@cd web && unshare --net npx playwright test --project=network

# No seed is the same: SEED= repeats one, as far as a real machine repeats anything.
.PHONY: gate
gate: ## whether the register is linearizable while servers die, networks break and disks fail: make gate DURATION=10m SEED=7 (Linux, root)
	@test "$$(id -u)" -eq 0 || { echo "network namespaces need root: run sudo make gate"; exit 1; }
	@.ci/programs nft=nftables mkfs.ext4=e2fsprogs
	@mkdir -p reports
	@go test ./loadtest/gate -run '^TestGate$$' -count=1 -timeout 0 -gate -gate.duration $(DURATION) \
		-gate.seed $(or $(SEED),$$(date +%s)) -gate.reports $(CURDIR)/reports \
		-gate.fault "$(FAULT)" -v

.PHONY: cluster cluster-calls
cluster: build ## the acceptance of three servers, each with an address of its own: make cluster ROWS=machine,drain RUNS=3 AWAY=10m (Linux, root)
	@test "$$(id -u)" -eq 0 || { echo "network namespaces need root: run sudo make cluster"; exit 1; }
	@.ci/programs nft=nftables chromium
	@mkdir -p reports
	@go test -c -o bin/cluster.test ./loadtest/cluster
	@cd loadtest/cluster && TEST_DRAILLE=$(CURDIR)/bin/draille $(CURDIR)/bin/cluster.test \
		-test.run '^TestAcceptance$$' -test.timeout 0 -cluster.acceptance -cluster.runs $(RUNS) \
		-cluster.rows '$(ROWS)' -cluster.away $(or $(AWAY),20s) -cluster.reports $(CURDIR)/reports

cluster-calls: build ## servers of one name, on this machine: one dies, one is drained, one has another secret, an appointment's call moves
	@.ci/programs initdb=postgresql
	@TEST_DRAILLE=$(CURDIR)/bin/draille go test ./loadtest/cluster -count=1 -timeout 20m -cluster -v \
		| grep -v '^=== '

.PHONY: proxies
proxies: ## nginx and Apache in front of a server, as cmd/draille/README.md says
	@.ci/programs nginx=nginx-full apache2
	@go test ./cmd/draille -run '^TestBehindTheProxiesOfTheREADME$$' -proxies -count=1 -v | grep -v '^=== '

media: ## make the voice and the pictures of the virtual participants again (needs ffmpeg and espeak-ng)
	@go run ./loadtest/media/generate

clean: ## remove what was built
	@rm -rf bin web/dist web/node_modules web/test-results web/screenshots
