# trickle in Swift. `make help` lists what can be made.
#
# Users get release builds; the tests build in debug, in the same .build folder. A target builds what it needs, and says
# nothing when there is nothing to build: a program is newer than all sources, or it is made again.

PREFIX ?= /usr/local
SWIFT ?= swift
# The standard library goes into the programs: they start faster, and run where no toolchain is. Optimizing across modules
# makes the relay's store, which is generic and in a module of its own, as fast as if it were neither. Nobody loads libraries into the
# programs that would need the names of their symbols: those are 2 MB. The tests look for exclusive access while they run; the programs
# do not: docs/decisions/2026-11-30-exclusive-access-is-checked-by-tests.md.
BUILD_FLAGS ?= $(if $(filter Linux,$(shell uname -s)),--static-swift-stdlib -Xlinker --no-export-dynamic) \
	-Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked

# All clients are one program, which knows by the name of the link that it is called by which of them it is.
LINKS := publish-file publish-frames publish-pipe read2pipe play subscriber-example publish-live pubsub-out pubsub-pipe restream \
	trickle-stress
TOOLS := trickle-server trickle trickle-token $(LINKS)
BIN := .build/release
SOURCES := Package.swift $(shell find Sources -type f)

.DEFAULT_GOAL := help
.PHONY: thumbnail help deps clients servers build test test-size sanitize soak soak-frames soak-page fuzz lint demo conformance install uninstall trickle-server publisher-ffmpeg publish-frames publish-pipe publisher pubsub-out pubsub-pipe restream stress play subscriber-example read2pipe bench chaos attack

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## find the system packages (ffmpeg, the headers of libcurl, OpenSSL, libyaml and libxcrypt), and install what is missing
	@sh scripts/install-deps

build: $(TOOLS:%=$(BIN)/%) ## build all tools

# One stamp for each program, because the linker leaves a program alone that has not changed.
$(BIN)/%: .build/stamps/% ;

$(patsubst %,$(BIN)/%,$(LINKS) trickle-demo): $(BIN)/trickle
	@ln -sf trickle $@

.PRECIOUS: .build/stamps/%
.build/stamps/%: $(SOURCES) | deps
	@echo "building $*$(if $(wildcard .build/checkouts),, (the first time takes some minutes))" >&2
	@mkdir -p $(@D)
	@$(SWIFT) build --configuration release $(BUILD_FLAGS) --product $* >$@.log 2>&1 || { cat $@.log >&2; rm -f $@.log; exit 1; }
	@rm -f $@.log
	@touch $@

# Variables from make's command line reach the shell by themselves, with whatever characters they have: a $ in them is no variable of make's.
$(foreach name,addr path config in stream url split out width source sink filter,\
    $(if $(filter command,$(firstword $(origin $(name)))),$(eval override $(name) := $$(value $(name)))$(eval export $(name))))
trickle-server: $(BIN)/trickle-server ## run a relay: [addr=localhost:2939] [path=/] [config=restream.yaml] [tls=self]
	@exec $(BIN)/trickle-server $(if $(tls),--tls-self-signed) $(if $(addr),--addr "$$addr") $(if $(path),--path "$$path") $(if $(config),--config "$$config") $(args)

publisher-ffmpeg: $(BIN)/publish-file ## publish a file or URL: in=FILE stream=NAME [url=URL]
	@exec $(BIN)/publish-file "$$in" --stream "$$stream" $(if $(url),--url "$$url") $(args)

publish-frames: $(BIN)/publish-frames ## publish a camera or any video as pictures for web pages: in=URL stream=NAME [url=URL]
	@exec $(BIN)/publish-frames "$$in" --stream "$$stream" $(if $(url),--url "$$url") $(args)

publish-pipe: $(BIN)/publish-pipe ## publish standard input: stream=NAME [split=lines|json|time=500ms|bytes=64KiB|ts] [url=URL]
	@exec $(BIN)/publish-pipe --stream "$$stream" $(if $(split),--split "$$split") $(if $(url),--url "$$url") $(args)

play: $(BIN)/play ## play a channel in a window: [stream=NAME] [url=URL]
	@exec $(BIN)/play $(if $(stream),--stream "$$stream") $(if $(url),--url "$$url") $(args)

read2pipe: $(BIN)/read2pipe ## write a channel to standard output: [stream=NAME] [url=URL]
	@exec $(BIN)/read2pipe $(if $(stream),--stream "$$stream") $(if $(url),--url "$$url") $(args)

subscriber-example: $(BIN)/subscriber-example ## write each segment to a file: [stream=NAME] [url=URL] [out=out-read]
	@exec $(BIN)/subscriber-example $(if $(stream),--stream "$$stream") $(if $(url),--url "$$url") $(if $(out),--out "$$out") $(args)

# curl writes beside the file, which appears as a whole or not at all.
thumbnail: ## save a channel's newest picture: stream=NAME out=FILE.jpg|FILE.webp [url=URL] [width=320]
	@sh scripts/save-thumbnail "$${url:-$${TRICKLE_URL:-http://localhost:2939}}" "$$stream" "$$out" "$$width"

# $(call need,target,variables,usage): stops before anything is built when a variable is missing.
need = $(if $(filter $(1),$(MAKECMDGOALS)),$(foreach name,$(2),$(if $($(name)),,$(error $(name)= is missing: make $(1) $(3)))))
$(if $(filter trickle-server,$(MAKECMDGOALS)),$(if $(filter-out self,$(tls)),$(error tls= is 'self' or nothing: name a certificate with args='--tls-cert FILE --tls-key FILE')))
$(call need,publisher-ffmpeg,in stream,in=FILE stream=NAME [url=URL])
$(call need,publish-frames,in stream,in=URL stream=NAME [url=URL])
$(call need,thumbnail,stream out,stream=NAME out=FILE.jpg [url=URL] [width=320])
$(call need,pubsub-pipe,out,out=FILE [url=URL])
$(call need,restream,config,config=FILE [url=URL])
$(call need,publish-pipe,stream,stream=NAME [url=URL])

publisher: $(BIN)/publish-live ## publish what a media server announces at localhost:2938: [url=URL] [source='rtmp://localhost/{name}']
	@exec $(BIN)/publish-live $(if $(url),--url "$$url") $(if $(source),--source "$$source") $(args)

pubsub-out: $(BIN)/pubsub-out ## and push each channel NAME-out back to it: [url=URL] [source=…] [sink='rtmp://localhost/{name}']
	@exec $(BIN)/pubsub-out $(if $(url),--url "$$url") $(if $(source),--source "$$source") $(if $(sink),--sink "$$sink") $(args)

pubsub-pipe: $(BIN)/pubsub-pipe ## and write each channel NAME-out to a file or named pipe: out=FILE [url=URL] [source=…]
	@exec $(BIN)/pubsub-pipe --out "$$out" $(if $(url),--url "$$url") $(if $(source),--source "$$source") $(args)

restream: $(BIN)/restream ## publish channels from MPEG-TS sources with others to fall back on: config=FILE [url=URL]
	@exec $(BIN)/restream --config "$$config" $(if $(url),--url "$$url") $(args)

stress: $(BIN)/trickle-stress ## load a relay and compare every segment: [url=URL] [args='--publishers 10 --json']
	@exec $(BIN)/trickle-stress $(if $(url),--url "$$url") $(args)

demo: $(patsubst %,$(BIN)/%,trickle-demo trickle-server publish-file read2pipe) ## live video through a relay and back, measured: [seconds=10]
	@exec $(BIN)/trickle-demo $(if $(seconds),--seconds "$$seconds") $(args)

# The conformance suite and the tools are tested apart, the tools one test after the other: they start dozens of relays and processes, which would
# starve the tests that watch a clock.
clients: ## deployed clients for the tests, in .build/clients
	@sh scripts/install-clients
	@$(if $(TRICKLE_TRY_HLS_JS),sh scripts/install-hls)

servers: ## what the tests play with: nginx-rtmp, HAProxy, Caddy, GStreamer's RTSP server, Chromium
	@sh scripts/install-test-servers

# Root runs them as another user. So many at a time: if all begin at once, each waits for the others, for longer than any time limit.
# Tests of programs wait for most of their time: four at once keep two cores busy.
PROGRAMS = ^(ConformanceTests|EndToEndTests|FaultTests)[.]
AT_ONCE = SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH
test: deps clients servers ## all tests: [filter=NAME]
	@$(SWIFT) build --build-tests
	@$(if $(filter),scripts/run-tests --no-parallel --filter "$$filter",\
	    $(AT_ONCE)=12 scripts/run-tests --skip '$(PROGRAMS)' && \
	    $(AT_ONCE)=4 scripts/run-tests --filter '$(PROGRAMS)')

test-size: build ## what is installed is no larger than it may be
	@sh scripts/check-sizes $(BIN) $(TOOLS)

sanitize: deps ## tests under ThreadSanitizer and AddressSanitizer: [kind=thread|address] [filter=NAME]
	@sh scripts/sanitize "$(or $(kind),all)" $(if $(filter),"$$filter")

fuzz: ## random input for some time: [what=requests|segmenter|frames] [seconds=60]
	@sh Fuzz/run "$(or $(what),requests)" "$(or $(seconds),60)"

soak: $(BIN)/trickle-server ## mixed load on the relay, and whether it grows: [minutes=30]
	@Benchmarks/soak $(if $(minutes),--minutes "$$minutes") $(args)

soak-frames: $(BIN)/trickle-server ## ten minutes of frames for 300 WebSocket viewers, and whether the relay grows: [seconds=600]
	@Benchmarks/frames --no-build --no-broker --seconds "$(or $(seconds),600)" $(args)

soak-page: $(BIN)/trickle-server $(BIN)/publish-frames ## a browser on a page of frames, and whether it grows: [minutes=30]
	@Benchmarks/page-delay --frames --seconds "$$(( $(or $(minutes),30) * 60 ))"

lint: ## style, and the arrows between the modules
	@$(SWIFT) format lint --strict --recursive Package.swift Sources Tests examples
	@sh scripts/check-arrows
	@! command -v python3 >/dev/null || python3 scripts/check-imports $(SWIFT)

conformance: $(if $(url),,$(BIN)/trickle-server) $(BIN)/trickle-conformance ## does a relay keep docs/protocol.md? ours, or [url=URL] [http2=yes] [ca=FILE] [json=FILE]
	@sh scripts/conformance $(BIN) $(if $(url),--url "$$url") $(if $(http2),--http2) $(if $(ca),--ca-file "$$ca") $(if $(json),--json "$$json") $(args)

bench: $(BIN)/trickle-server ## measure the relay against a minimal C relay: [args='--quick --case a,b']
	@Benchmarks/run --no-build $(args)

chaos: $(patsubst %,$(BIN)/%,trickle-chaos trickle-server publish-file read2pipe) ## break connections and relays for some minutes, and account for every byte
	@exec $(BIN)/trickle-chaos $(args)

attack: $(patsubst %,$(BIN)/%,trickle-attack trickle-server read2pipe) ## attack a relay for some minutes, and show that its memory and its other clients are safe: [args='--short']
	@exec $(BIN)/trickle-attack $(args)

install: build ## install the tools, their manual pages and shell completions: [PREFIX=/usr/local]
	@sh scripts/install-tools "$(DESTDIR)$(PREFIX)" $(BIN) $(TOOLS)

uninstall: ## take them away again: [PREFIX=/usr/local]
	@sh scripts/install-tools --remove "$(DESTDIR)$(PREFIX)" $(TOOLS)
