# SPDX-License-Identifier: ISC
# weir: make help lists the targets.

VERSION = 0.2.0

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
DATADIR ?= $(PREFIX)/share/weir
DOCDIR ?= $(PREFIX)/share/doc/weir
DESTDIR ?=
SANITIZE ?=
COVERAGE ?=
# A warning of a compiler that is newer than this must not stop a build: -Werror
# is for those who change weir, see .ci/run.
WERROR ?=

# The plain build is in build; each other compiler, sanitizer or coverage setting
# has a directory of its own below it.
comma := ,
FLAVOUR := $(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))$(if \
	$(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(COVERAGE),-coverage)
BUILD ?= build$(FLAVOUR:-%=/%)

PKGS = milter hiredis libevent libevent_pthreads libconfig libidn2 nettle \
	jansson zlib liblzma libzstd
PKG_CONFIG ?= pkg-config

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wformat=2 $(WERROR)
OPT ?= -O2 -g
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS ?= $(OPT) $(if $(SANITIZE),-fno-omit-frame-pointer,$(HARDEN))
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DWEIR_VERSION='"$(VERSION)"' \
	-I$(BUILD)/gen $(CPPFLAGS)
# A build for others, which sets SOURCE_DATE_EPOCH, does not depend on its directory.
ALL_CFLAGS = -std=c11 -pthread $(WARN) $(CFLAGS) \
	$(if $(SOURCE_DATE_EPOCH),-ffile-prefix-map="$(CURDIR)"=.) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(if $(COVERAGE),--coverage)
ALL_LDFLAGS = -pthread -Wl$(comma)--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE),-pie \
	-Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now) \
	$(if $(COVERAGE),--coverage) $(LDFLAGS)

# The rooms, each with those that it may include, itself first: the order of
# linking, and what `make layers` checks. Those of the library are lib/ROOM, those
# of the programs milter/ROOM; see lib/README.md.
LIBRARY = base http settings redis store ledger policy watch fleet alert lint \
	replay report
PARTS = common daemon queue ctl keeper
ROOMS = $(LIBRARY) $(PARTS)
NEEDS_base = base
NEEDS_http = http base
NEEDS_settings = settings base
NEEDS_redis = redis base
NEEDS_store = store redis base
NEEDS_ledger = ledger store redis base
NEEDS_policy = policy ledger store redis settings base
NEEDS_watch = watch policy ledger store redis settings base
NEEDS_fleet = fleet watch policy ledger store redis settings base
NEEDS_alert = alert fleet watch policy ledger store redis settings base
NEEDS_lint = lint settings base
NEEDS_replay = replay policy ledger store redis settings base
NEEDS_report = report replay lint fleet watch policy ledger store redis \
	settings base
NEEDS_common = common lint fleet watch policy ledger store redis settings base
NEEDS_daemon = daemon common lint fleet watch policy ledger store redis http \
	settings base
NEEDS_queue = queue common lint fleet watch policy ledger store redis \
	settings base
NEEDS_ctl = ctl queue common report replay alert lint fleet watch policy \
	ledger store redis settings base
NEEDS_keeper = keeper queue common report replay alert lint fleet watch \
	policy ledger store redis http settings base
# The tests compare what the lint says with what the policy does.
TEST_NEEDS_lint = lint policy ledger store redis settings base

LIBS_COMMON := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lbz2 -lunistring
CFLAGS_COMMON := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
# For weir-keeper alone: webhooks and SMTP.
LIBS_CURL := $(shell $(PKG_CONFIG) --libs libcurl 2>/dev/null)
# For weirctl alone.
LIBS_CURSES := $(shell $(PKG_CONFIG) --libs ncursesw 2>/dev/null)
LIBS_SMARTCOLS := $(shell $(PKG_CONFIG) --libs smartcols 2>/dev/null)
LIBS_CHECK := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)

# libFuzzer has a main of its own, everything else uses ours.
FUZZ_ENGINE = $(if $(findstring fuzzer,$(SANITIZE)),-fsanitize=fuzzer)
FUZZ_MAIN = $(if $(findstring fuzzer,$(SANITIZE)),,$(BUILD)/t/lib/fuzz_main.o)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
folder = $(if $(filter $(1),$(PARTS)),milter,lib)/$(1)
sources = $(filter-out %/main.c,$(sort $(wildcard $(call folder,$(1))/*.c)))
archive = $(BUILD)/lib$(1).a
archives = $(patsubst %,$(BUILD)/lib%.a,$(1))

# The tests of a room are in t/ROOM: ut_* need no server, ct_* start a Redis of
# their own, fuzz_* are harnesses for hostile input with a corpus each in
# t/corpus. The other files there, and in t/lib, are shared by these.
tests = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard t/$(1)/$(2)_*.c)))
helpers = $(call objects,$(filter-out t/$(1)/ut_% t/$(1)/ct_% \
	t/$(1)/fuzz_% t/lib/fuzz_main.c,$(wildcard t/$(1)/*.c t/lib/*.c)))
UNIT_TESTS = $(foreach room,$(ROOMS),$(call tests,$(room),ut))
SERVER_TESTS = $(foreach room,$(ROOMS),$(call tests,$(room),ct))
FUZZERS = $(foreach room,$(ROOMS),$(call tests,$(room),fuzz))
# In tests an assertion costs nothing while it holds.
$(call objects,$(filter-out $(foreach room,lib $(ROOMS),t/$(room)/fuzz_%),\
	$(wildcard $(foreach room,lib $(ROOMS),t/$(room)/*.c)))): \
	private ALL_CPPFLAGS += -include t/lib/check_quick.h
PROGRAMS = $(BUILD)/weir-milter $(BUILD)/weir-keeper $(BUILD)/weirctl

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

.PHONY: FORCE
FORCE:

.PHONY: all
all: $(PROGRAMS) ## build the programs: build/weir-milter, weir-keeper, weirctl

# The scripts are compiled into the program, so both always have one version:
# lib/store/charge.lua becomes gen/charge_lua.h; the files of the status page too.
SCRIPTS = $(wildcard lib/*/*.lua milter/*/*.html milter/*/*.css milter/*/*.js)
script_name = $(subst .,_,$(notdir $(1)))
GENERATED = $(BUILD)/gen/paths.h \
	$(foreach script,$(SCRIPTS),$(BUILD)/gen/$(call script_name,$(script)).h)

define script_rule
$(BUILD)/gen/$(call script_name,$(1)).h: $(1)
	@mkdir -p $$(@D)
	@{ echo 'static const unsigned char $(call script_name,$(1))[] = {'; \
	   od -An -v -tx1 $$< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	   echo '};'; } > $$@
endef
$(foreach script,$(SCRIPTS),$(eval $(call script_rule,$(script))))

# The directory of the settings is compiled in: another one is a new header.
$(BUILD)/gen/paths.h: FORCE
	@text='#define WEIR_SYSCONFDIR "$(SYSCONFDIR)"'; \
	echo "$$text" | cmp -s - $@ || { mkdir -p $(@D) && echo "$$text" >$@; }

$(BUILD)/milter/common/program.o $(BUILD)/milter/ctl/main.o: $(BUILD)/gen/paths.h

# Other flags rebuild everything, except for `make install`, which installs what
# was built, often by another account and without its flags.
FLAGS = $(CC) $(ALL_CPPFLAGS) $(CFLAGS_COMMON) \
	$(filter-out $(WERROR),$(ALL_CFLAGS)) $(ALL_LDFLAGS) $(LIBS_COMMON)
$(BUILD)/flags: $(if $(filter-out install uninstall,$(or $(MAKECMDGOALS),all)),FORCE)
	@printf '%s\n' $(FLAGS) | cmp -s - $@ || { $(CAN_COMPILE) && \
		mkdir -p $(@D) && printf '%s\n' $(FLAGS) >$@; }

# Before the first file is compiled: is there a compiler, and every library?
CAN_COMPILE = { $(PKG_CONFIG) --exists $(PKGS) libcurl ncursesw smartcols && \
	printf '\#include <%s>\n' libmilter/mfapi.h unistr.h uthash.h | \
	$(CC) $(CPPFLAGS) $(CFLAGS_COMMON) -E -x c -; } >/dev/null 2>&1 || { \
	./packaging/install-deps -n build; \
	echo 'make: weir is not built here yet, and $(CC) cannot build it' >&2; \
	exit 1; }

$(BUILD)/%.o: %.c $(BUILD)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(CFLAGS_COMMON) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define room_rules
$(call archive,$(1)): $(call objects,$(call sources,$(1)))
	@rm -f $$@
	@$(AR) rcs $$@ $$^

$(BUILD)/t/$(1)/help.a: $(call helpers,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(AR) rcs $$@ $$^

$(call tests,$(1),ut) $(call tests,$(1),ct) $(call tests,$(1),fuzz): \
	private LIBS_ROOM = $(if $(filter ctl,$(1)),$(LIBS_SMARTCOLS)) \
	$(if $(filter keeper,$(1)),$(LIBS_CURL))
$(call tests,$(1),ut) $(call tests,$(1),ct): %: %.o $(BUILD)/t/$(1)/help.a \
$(call archives,$(or $(TEST_NEEDS_$(1)),$(NEEDS_$(1))))
	$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_CHECK) $$(LIBS_COMMON) $$(LIBS_ROOM)

$(call tests,$(1),fuzz): %: %.o $(FUZZ_MAIN) $(BUILD)/t/$(1)/help.a \
$(call archives,$(or $(TEST_NEEDS_$(1)),$(NEEDS_$(1))))
	$$(CC) $$(ALL_CFLAGS) $$(FUZZ_ENGINE) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_COMMON) $$(LIBS_ROOM)
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

$(BUILD)/weir-milter: $(BUILD)/milter/daemon/main.o \
$(call archives,$(NEEDS_daemon))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON)

$(BUILD)/weir-keeper: $(BUILD)/milter/keeper/main.o \
$(call archives,$(NEEDS_keeper))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON) $(LIBS_CURL)

# weirctl: one file a command.
$(BUILD)/weirctl: $(BUILD)/milter/ctl/main.o \
$(call objects,$(sort $(wildcard milter/ctl/command/*.c))) \
$(call archives,$(NEEDS_ctl))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON) \
		$(LIBS_CURSES) $(LIBS_SMARTCOLS)

# The load generator and the milters that it compares weir with.
LOAD_SOURCES = $(wildcard t/bench/load*.c) t/bench/milter_client.c \
	t/bench/histogram.c
$(BUILD)/t/bench/load: $(call objects,$(LOAD_SOURCES))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(BUILD)/t/bench/floor: $(BUILD)/t/bench/floor.o
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON)

# The channels of weir-keeper, for mt_channels.t.
CHANNELS_OBJECTS = $(BUILD)/t/e2e/channels_driver.o \
	$(BUILD)/t/alert/sample_alert.o
$(BUILD)/t/e2e/channels_driver: $(CHANNELS_OBJECTS) \
$(call archives,$(NEEDS_keeper))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON) $(LIBS_CURL)

# A wall clock, and a slow disk, that the tests of t/faults can set; the host of
# a Sendmail that is not installed.
$(BUILD)/%.so: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -std=c11 $(WARN) $(OPT) -fPIC -shared -o $@ $<

# Every fault of the catalogue, t/faults/README.md, and those that take a few
# seconds only.
FAULTS = $(sort $(wildcard t/faults/*.t))
FAULTS_QUICK = $(addprefix t/faults/,raw.t journal_disk.t \
	redis_clock.t redis_disk.t redis_smtp.t process_locks.t process_files.t \
	process_versions.t mta_address.t mta_session.t mta_stuck.t)

TEST_PROGRAMS = $(UNIT_TESTS) $(SERVER_TESTS) $(FUZZERS) \
	$(BUILD)/t/bench/load \
	$(BUILD)/t/bench/floor \
	$(BUILD)/t/e2e/channels_driver \
	$(patsubst %.c,$(BUILD)/%.so,$(wildcard t/faults/*.c t/sendmail/*.c))
MANUALS = $(sort $(wildcard milter/*.[1-8]))

.PHONY: test-programs
test-programs: $(TEST_PROGRAMS)

# On all cores, unless the caller said how many.
CORES := $(shell nproc 2>/dev/null || echo 1)
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(CORES))

.PHONY: check
check: ## install what is missing, build, run every test
	./packaging/install-deps check
	$(MAKE) $(PARALLEL) check-all

# Check(3) speaks TAP when it is asked to, so prove(1) runs every kind. Its four
# seconds for a test are for one that hangs: a busy machine may need more.
# Most tests wait more than they compute, so more of them run than there are
# cores, and those that need the longest come first. None needs the machine for
# itself: what could be too late on a busy one has a deadline of seconds.
JOBS = $(shell expr 3 '*' $(CORES))
NO_SERVER = $(UNIT_TESTS) $(FUZZERS)
TESTS_LONG = $(patsubst %,t/e2e/mt_%.t, why attach) \
	$(addprefix $(BUILD)/t/,store/ct_store_same) \
	$(patsubst %,t/e2e/mt_%.t, weirctl_cost redis_away weirctl_screen unit \
	metrics completion weirctl_away) $(BUILD)/t/redis/ct_redis_link \
	$(patsubst %,t/faults/%.t, redis_smtp redis_clock journal_disk) \
	$(patsubst %,t/e2e/mt_%.t, weirctl_journal incidents page digest \
	weirctl_steer outage incident postfix privilege queue) \
	$(addprefix $(BUILD)/t/,fleet/ct_incident_stories ctl/ct_simulation)
TESTS = $(TESTS_LONG) $(filter-out $(TESTS_LONG), \
	$(sort $(wildcard t/e2e/mt_*.t)) $(FAULTS_QUICK) \
	$(SERVER_TESTS) $(NO_SERVER))
PROVE = BUILD=$(BUILD) CK_TAP_LOG_FILE_NAME=- CK_VERBOSITY=silent \
	CK_TIMEOUT_MULTIPLIER=10 prove --merge --failures -e '' --timer

.PHONY: check-all
check-all: all test-programs layers manuals
	@$(PROVE) -j $(JOBS) $(TESTS)

.PHONY: check-page
check-page: all ## the status page in a headless Chromium; PICTURES=DIR keeps it
	BUILD=$(BUILD) prove --merge --failures -e '' t/e2e/browser_page.t

.PHONY: check-fast
check-fast: ## build, run the tests that need no server: half a minute
	$(MAKE) $(PARALLEL) check-no-server

.PHONY: check-no-server
check-no-server: all $(NO_SERVER) layers manuals
	@$(PROVE) -j $(CORES) $(NO_SERVER)

# The README on a bare Debian, as root; BARE_AS=user runs the tests as an
# ordinary account.
SUITE ?= trixie
BARE_AS ?= root

.PHONY: check-bare
check-bare: ## SUITE=bookworm|trixie: the README on a bare Debian (as root)
	./t/bare $(SUITE) $(BARE_AS)

.PHONY: check-systemd
check-systemd: ## the package on a Debian that systemd boots (as root); SUITE=bookworm|trixie: only there
	for suite in $(if $(filter file,$(origin SUITE)),bookworm trixie,$(SUITE)); do \
		prove --merge --failures --comments -e '' --timer t/systemd/run :: $$suite || exit; \
	done

# As others build weir: with clang, and hardened as distributions do. Warnings are
# errors; tests without an MTA run once.
CHECK_BUILD = $(MAKE) WERROR=-Werror check-build

.PHONY: check-builds
check-builds: ## build with clang, hardened and with LTO; run the unit tests
	$(CHECK_BUILD) CC=clang
	CFLAGS='-O3 -g -fstack-protector-strong -fstack-clash-protection' \
	CPPFLAGS=-D_FORTIFY_SOURCE=3 $(CHECK_BUILD) BUILD=build/hardened
	CFLAGS='-O2 -g -flto=auto' $(CHECK_BUILD) BUILD=build/lto

.PHONY: check-build
check-build: all test-programs
	CK_TAP_LOG_FILE_NAME=- CK_VERBOSITY=silent \
	prove --merge --failures -e '' $(UNIT_TESTS) $(SERVER_TESTS) $(FUZZERS)

# Two copies, in directories of different lengths, at different times; no cache of
# objects may help.
.PHONY: check-reproducible
check-reproducible: ## build twice, in two directories: equal to the bit
	CCACHE_DISABLE=1 ./t/reproducible

.PHONY: faults
faults: all test-programs ## break what weir depends on; mail must go on
	BUILD=$(BUILD) prove --merge --failures -e '' --timer $(FAULTS)

# SOAK_MINUTES, SOAK_FAULTS and SOAK_SEED are explained in t/soak.
.PHONY: soak
soak: all $(BUILD)/t/bench/load ## SOAK_MINUTES=20 of faults; counts must balance
	BUILD=$(BUILD) ./t/soak

# Debian's Sendmail is unpacked into build/sendmail once, never installed; where
# that cannot be had the tests are skipped.
.PHONY: check-sendmail
check-sendmail: all $(BUILD)/t/sendmail/host.so ## a real Sendmail, not installed: mail, faults, queue, replay
	BUILD=$(BUILD) prove --merge --failures -e '' --timer -j $(JOBS) t/sendmail

.PHONY: check-prometheus
check-prometheus: all $(BUILD)/t/bench/load ## a real Prometheus, a flood, an outage: rules fire and end
	BUILD=$(BUILD) prove --merge --failures -e '' --timer t/prometheus

.PHONY: drill
drill: all $(BUILD)/t/bench/load ## stop Redis under load; show delays and counts
	BUILD=$(BUILD) ./t/drill

# clang's libFuzzer, one harness after the other; its corpus is kept in
# build/fuzz/corpus, failures in build/fuzz/NAME-crash-... and the like.
FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_MAKE = $(MAKE) CC=$(FUZZ_CC) BUILD=build/fuzz \
	SANITIZE=fuzzer-no-link,address,undefined \
	OPT='-O1 -g -fno-sanitize-recover=all'

.PHONY: fuzz
fuzz: ## FUZZ_SECONDS=60 of generated input for each parser
	./packaging/install-deps fuzz
	$(FUZZ_MAKE) fuzzers
	./t/fuzz build/fuzz $(FUZZ_SECONDS) $(FUZZERS:$(BUILD)/%=%)

.PHONY: fuzzers
fuzzers: $(FUZZERS)

.PHONY: layers
layers: ## check the #include lines, and the paths in the READMEs
	@./t/layers

.PHONY: manuals
manuals:
	@mandoc -Tlint -Wwarning $(MANUALS)

.PHONY: demo
demo: ## install what is missing, build, stop a small flood on real mail
	./packaging/install-deps demo
	$(MAKE) $(PARALLEL) all
	BUILD=$(BUILD) ./t/demo

.PHONY: story
story: ## the incident of 2001 in small, on two gateways, measured (as root)
	./packaging/install-deps check
	$(MAKE) $(PARALLEL) all
	BUILD=$(BUILD) ./t/story

.PHONY: bench
bench: ## compare weir with an empty milter and with one plain EVALSHA
	./packaging/install-deps check
	$(MAKE) all $(BUILD)/t/bench/load $(BUILD)/t/bench/floor
	BUILD=$(BUILD) ./t/bench/bench.sh
	BUILD=$(BUILD) ./t/bench/incident.sh
	BUILD=$(BUILD) ./t/bench/postfix.sh
	BUILD=$(BUILD) ./t/bench/fleet.sh

PROGRAM_SOURCES = $(sort $(wildcard lib/*/*.c milter/*/*.c milter/*/*/*.c))
SOURCES = $(PROGRAM_SOURCES) $(sort $(wildcard t/*/*.c))
HEADERS = $(sort $(wildcard lib/*/*.h milter/*/*.h t/*/*.h))

# cppcheck 2.10 does not know _Noreturn, and would go on after alloc_fail().
.PHONY: lint
lint: $(GENERATED) ## cppcheck, clang-tidy, shellcheck and mandoc
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
		-D'_Noreturn=__attribute__((noreturn))' \
		--enable=warning,performance,portability \
		--suppressions-list=.cppcheck-suppressions \
		-I. -D_GNU_SOURCE -I$(BUILD)/gen lib milter t
	printf '%s\n' $(PROGRAM_SOURCES) | xargs -P $(CORES) -I {} \
		clang-tidy --quiet --warnings-as-errors='*' {} -- \
		$(ALL_CPPFLAGS) $(CFLAGS_COMMON) -std=c11
	shellcheck packaging/install-deps packaging/weir-attach packaging/*.bash \
		packaging/debian/weir.p* packaging/debian/tests/mail .ci/run \
		t/bare t/reproducible t/systemd/run t/systemd/*.sh t/lib/machine t/demo \
		t/story t/prometheus t/coverage t/drill t/fuzz \
		t/soak t/lib/*.sh t/bench/*.sh \
		$(wildcard t/e2e/*.t t/faults/*.t t/sendmail/*.t) \
		t/sendmail/fetch
	$(MAKE) manuals

.PHONY: format
format: ## put every C file into the house style
	clang-format -i $(SOURCES) $(HEADERS)

.PHONY: coverage
coverage: ## line coverage of lib/ by the unit and server tests
	$(MAKE) COVERAGE=1 OPT='-O0 -g' coverage-report

.PHONY: coverage-report
coverage-report: $(UNIT_TESTS) $(SERVER_TESTS)
	find $(BUILD) -name '*.gcda' -delete
	CK_TAP_LOG_FILE_NAME=- CK_VERBOSITY=silent \
	prove --merge --failures -e '' $(UNIT_TESTS) $(SERVER_TESTS)
	./t/coverage $(BUILD) 90

UNITS = $(notdir $(wildcard packaging/*.service))
EXAMPLES = $(notdir $(wildcard etc/examples/*))
# The directories of this installation, in manuals and units.
PLACES = -e 's|/usr/local/|$(PREFIX)/|g' \
	-e 's|$(PREFIX)/share/doc/weir|$(DOCDIR)|g' \
	-e 's|$(PREFIX)/share/weir|$(DATADIR)|g' \
	-e 's|$(PREFIX)/lib/systemd/system|$(UNITDIR)|g' \
	-e 's|/etc/weir|$(SYSCONFDIR)/weir|g' \
	-e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g'

.PHONY: install
install: all ## install programs, manuals and an example configuration
	install -d "$(DESTDIR)$(SBINDIR)" "$(DESTDIR)$(BINDIR)" \
		$(foreach section,5 7 8,"$(DESTDIR)$(MANDIR)/man$(section)") \
		"$(DESTDIR)$(SYSCONFDIR)/weir" "$(DESTDIR)$(COMPLETIONDIR)" \
		"$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(SYSUSERSDIR)" \
		"$(DESTDIR)$(TMPFILESDIR)" "$(DESTDIR)$(DATADIR)" \
		"$(DESTDIR)$(DATADIR)/prometheus" "$(DESTDIR)$(DATADIR)/grafana" \
		"$(DESTDIR)$(DATADIR)/fail2ban" "$(DESTDIR)$(DOCDIR)/examples"
	install -m 755 $(BUILD)/weir-milter $(BUILD)/weir-keeper \
		"$(DESTDIR)$(SBINDIR)"
	install -m 755 packaging/weir-attach "$(DESTDIR)$(SBINDIR)"
	install -m 755 $(BUILD)/weirctl "$(DESTDIR)$(BINDIR)"
	for page in $(notdir $(MANUALS)); do \
		sed $(PLACES) milter/$$page | install -m 644 /dev/stdin \
			"$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page" || exit 1; \
	done
	for unit in $(UNITS); do \
		sed $(PLACES) packaging/$$unit | install -m 644 /dev/stdin \
			"$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
	done
	for name in weirctl weir-attach; do \
		install -m 644 packaging/$$name.bash \
			"$(DESTDIR)$(COMPLETIONDIR)/$$name" || exit 1; \
	done
	install -m 644 packaging/weir.sysusers \
		"$(DESTDIR)$(SYSUSERSDIR)/weir.conf"
	install -m 644 packaging/weir.tmpfiles \
		"$(DESTDIR)$(TMPFILESDIR)/weir.conf"
	install -m 644 packaging/redis.acl packaging/report.schema.json \
		"$(DESTDIR)$(DATADIR)"
	install -m 644 $(wildcard packaging/prometheus/*.yml) \
		"$(DESTDIR)$(DATADIR)/prometheus"
	install -m 644 packaging/grafana/weir.json "$(DESTDIR)$(DATADIR)/grafana"
	install -m 644 $(wildcard packaging/fail2ban/*.conf) \
		"$(DESTDIR)$(DATADIR)/fail2ban"
	install -m 644 $(EXAMPLES:%=etc/examples/%) \
		"$(DESTDIR)$(DOCDIR)/examples"
	install -m 644 etc/weir.conf.full "$(DESTDIR)$(SYSCONFDIR)/weir"
	test -e "$(DESTDIR)$(SYSCONFDIR)/weir/weir.conf" || \
		install -m 644 etc/weir.conf "$(DESTDIR)$(SYSCONFDIR)/weir"
	test -e "$(DESTDIR)$(SYSCONFDIR)/weir/redis.conf" || \
		install -m 644 packaging/redis.conf "$(DESTDIR)$(SYSCONFDIR)/weir"

# systemctl must find the unit to disable it, so that comes first.
.PHONY: uninstall
uninstall: ## remove them again, but not weir.conf and redis.conf
	@test -n "$(DESTDIR)" || for unit in $(UNITS); do \
		case $$(systemctl is-active $$unit 2>&1)/$$(systemctl \
			is-enabled $$unit 2>&1) in \
		active/* | */enabled* | */linked*) \
			echo "make: $$unit runs or is enabled; first:" \
				"systemctl disable --now $$unit" >&2; \
			exit 1 ;; \
		esac; \
	done
	rm -f "$(DESTDIR)$(SBINDIR)/weir-milter" \
		"$(DESTDIR)$(SBINDIR)/weir-keeper" \
		"$(DESTDIR)$(SBINDIR)/weir-attach" "$(DESTDIR)$(BINDIR)/weirctl" \
		"$(DESTDIR)$(COMPLETIONDIR)/weirctl" \
		"$(DESTDIR)$(COMPLETIONDIR)/weir-attach" \
		"$(DESTDIR)$(SYSUSERSDIR)/weir.conf" \
		"$(DESTDIR)$(TMPFILESDIR)/weir.conf" \
		"$(DESTDIR)$(DATADIR)/redis.acl" \
		"$(DESTDIR)$(DATADIR)/report.schema.json" \
		$(patsubst packaging/%,"$(DESTDIR)$(DATADIR)/%",$(wildcard packaging/prometheus/*.yml)) \
		"$(DESTDIR)$(DATADIR)/grafana/weir.json" \
		"$(DESTDIR)$(DATADIR)/fail2ban/filter.conf" \
		"$(DESTDIR)$(DATADIR)/fail2ban/jail.conf" \
		"$(DESTDIR)$(SYSCONFDIR)/weir/weir.conf.full"
	for page in $(notdir $(MANUALS)); do \
		rm -f "$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page"; \
	done
	for unit in $(UNITS); do rm -f "$(DESTDIR)$(UNITDIR)/$$unit"; done
	for file in $(EXAMPLES); do \
		rm -f "$(DESTDIR)$(DOCDIR)/examples/$$file"; \
	done
	@rmdir "$(DESTDIR)$(DATADIR)/prometheus" \
		"$(DESTDIR)$(DATADIR)/grafana" "$(DESTDIR)$(DATADIR)/fail2ban" \
		"$(DESTDIR)$(DATADIR)" "$(DESTDIR)$(DOCDIR)/examples" \
		"$(DESTDIR)$(DOCDIR)" 2>/dev/null || :
	@test -n "$(DESTDIR)" || { \
		echo 'Left, if they were made: $(SYSCONFDIR)/weir,' \
			'/etc/systemd/system/weir-*, /var/lib/weir,' \
			'/var/lib/weir-redis,' \
			'the accounts weir, weir-redis and weir-keeper.'; \
		echo 'Postfix and Sendmail still name the socket if their' \
			'configuration does.'; \
		pids=$$(pgrep -x "weir-milter|weir-keeper" | tr '\n' ' '); \
		test -z "$$pids" || echo "weir-milter or weir-keeper still runs: $$pids"; }

# From a copy, with packaging/debian in it as debian: this tree stays clean.
DEB = build/deb
DEB_TREE = $(DEB)/weir-$(VERSION)

.PHONY: deb
deb: ## the package of Debian, build/deb/weir_*.deb
	./packaging/install-deps deb
	rm -rf $(DEB)
	mkdir -p $(DEB_TREE)
	tar --exclude-vcs --exclude=./build --exclude=./.cache -cf - . | \
		tar -C $(DEB_TREE) -xf -
	time=$$(dpkg-parsechangelog -l packaging/debian/changelog -S Timestamp) && \
	cd $(DEB) && tar --sort=name --owner=0 --group=0 --numeric-owner \
		--mode=u+w,go-w,a+rX --mtime=@$$time -cJf \
		weir_$(VERSION).orig.tar.xz weir-$(VERSION)
	cp -R packaging/debian $(DEB_TREE)/debian
	cd $(DEB_TREE) && env -u MAKEFLAGS dpkg-buildpackage -us -uc $(DEB_FLAGS)

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' \
		Makefile
	@echo
	@echo 'variables: PREFIX DESTDIR CC SANITIZE=address,undefined|thread'

-include $(wildcard $(addprefix $(BUILD)/,lib/*/*.d milter/*/*.d \
	milter/*/*/*.d t/*/*.d))
