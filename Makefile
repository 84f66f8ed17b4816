# SPDX-License-Identifier: ISC
# weir: make help lists the targets.

VERSION = 0.1.0

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

# A build of its own for each compiler, sanitizer and coverage setting would
# be kind to nobody who looks for build/weir-milter: only the plain one is
# there, the others stand beside it.
comma := ,
FLAVOUR := $(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))$(if \
	$(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(COVERAGE),-coverage)
BUILD ?= build$(FLAVOUR:-%=/%)

PKGS = milter hiredis libevent libevent_pthreads libconfig libcrypto libidn2 \
	jansson zlib liblzma libzstd
PKG_CONFIG ?= pkg-config

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wformat=2 $(WERROR)
OPT ?= -O2 -g
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS ?= $(OPT) $(if $(SANITIZE),-fno-omit-frame-pointer,$(HARDEN))
ALL_CPPFLAGS = -D_GNU_SOURCE -DWEIR_VERSION='"$(VERSION)"' \
	-I$(BUILD)/gen $(CPPFLAGS)
ALL_CFLAGS = -std=c11 -pthread $(WARN) $(CFLAGS) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(if $(COVERAGE),--coverage)
ALL_LDFLAGS = -pthread -Wl$(comma)--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE),-pie \
	-Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now) \
	$(if $(COVERAGE),--coverage) $(LDFLAGS)

ROOMS = base settings store policy watch desk replay

# What each room may stand on, itself first: the order of linking, and what
# `make layers` holds the #include lines to.
NEEDS_base = base
NEEDS_settings = settings base
NEEDS_store = store base
NEEDS_policy = policy store settings base
NEEDS_watch = watch base
NEEDS_desk = desk policy store settings base
NEEDS_replay = replay policy store settings base

# Unit tests need no server; each links only its room and what that needs.
UT_base = alloc arena log moment text hash hash_list units address network pattern
UT_settings = limit template settings settings_mistakes entry syntax literal endpoint nearest \
	match_implies eclipse advice
UT_store = window store_memory standby store_dry outage redis_clock redis_value \
	redis_run redis_refusal redis_guard \
	window_value
UT_policy = message subject match_message exemption bill billing \
	refusals arrears verdict policy policy_cache eclipse_play \
	subject_parse subject_match order orders busy order_bill policy_orders policy_model \
	policy_threads
UT_watch = verdict_log
UT_replay = log_postfix log_sendmail log_time log_line log_file assembly \
	suggest slice replay log_feed log_message
UT_desk = document order_json sighting
UT_milter = arguments gate order_print redis_health reply screen span_text \
	subject_windows top_rows trial why_report window_text $(UT_queue)
UT_queue = queue_filter queue_postfix queue_pace count_text sendmail_file \
	sendmail_listing
# Tests against a redis-server of their own.
CT_store = redis_client redis_link store_redis store_same
CT_desk = order_book order_memory board roll held beat settle
CT_milter = feed trial
# Harnesses for hostile input: each has a corpus in t/corpus.
FUZZ_base = address wrapper pattern network text units
FUZZ_settings = settings template
FUZZ_store = charge
FUZZ_policy = subject
FUZZ_desk = order sighting answers
FUZZ_replay = replay
FUZZ_milter = redis_health arguments
# What the tests of a room share.
TEST_HELP_settings = settings_file settings_text
TEST_HELP_policy = settings_text
TEST_HELP_store = redis_server store_cases traffic
TEST_HELP_desk = redis_server

# A test of a part of the programs links that part and what is named here: the
# other parts that it stands on, its room if that is not policy, and helpers.
PARTS_ut_arguments = clock screen
PARTS_ut_gate = clock
PARTS_ut_order_print = clock screen span_text
PARTS_ut_screen = clock
PARTS_ut_top_rows = clock screen span_text window_text
PARTS_ut_window_text = clock screen span_text
PARTS_ct_feed = clock
PARTS_ct_trial = reply
# What knows the MTAs' queues hangs together.
QUEUE = child clock count_text queue queue_filter queue_pace queue_postfix \
	queue_search queue_sendmail sendmail_file sendmail_listing
$(foreach part,$(UT_queue),\
	$(eval PARTS_ut_$(part) = $(filter-out $(part),$(QUEUE))) \
	$(eval ROOM_ut_$(part) = desk))
ROOM_ut_order_print = desk
ROOM_ut_subject_windows = desk
ROOM_ut_top_rows = desk
ROOM_ct_feed = desk
TEST_HELP_ct_feed = redis_server
TEST_HELP_ct_trial = redis_server traffic

LIBS_COMMON := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lbz2 -lunistring
CFLAGS_COMMON := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
# For weirctl alone.
LIBS_CURSES := $(shell $(PKG_CONFIG) --libs ncursesw 2>/dev/null)
LIBS_CHECK := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)

# libFuzzer brings a main of its own, everything else takes ours.
FUZZ_ENGINE = $(if $(findstring fuzzer,$(SANITIZE)),-fsanitize=fuzzer)
FUZZ_MAIN = $(if $(findstring fuzzer,$(SANITIZE)),,$(BUILD)/t/fuzz_main.o)

archive = $(BUILD)/lib$(1).a
archives = $(foreach room,$(NEEDS_$(1)),$(call archive,$(room)))
sources = $(sort $(wildcard lib/$(1)/*.c))
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

UNIT_TESTS = $(foreach room,$(ROOMS) milter,$(UT_$(room):%=$(BUILD)/t/ut_%))
SERVER_TESTS = $(foreach room,$(ROOMS) milter,$(CT_$(room):%=$(BUILD)/t/ct_%))
FUZZERS = $(foreach room,$(ROOMS) milter,$(FUZZ_$(room):%=$(BUILD)/t/fuzz_%))
PROGRAMS = $(BUILD)/weir-milter $(BUILD)/weirctl

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

.PHONY: FORCE
FORCE:

.PHONY: all
all: $(PROGRAMS) ## build the programs: build/weir-milter, build/weirctl

# The scripts stand in the program, so that both are always of one version:
# lib/store/charge.lua becomes gen/charge_lua.h.
SCRIPTS = $(wildcard lib/*/*.lua)
GENERATED = $(BUILD)/gen/paths.h \
	$(foreach script,$(SCRIPTS),$(BUILD)/gen/$(basename $(notdir $(script)))_lua.h)

define script_rule
$(BUILD)/gen/$(basename $(notdir $(1)))_lua.h: $(1)
	@mkdir -p $$(@D)
	@{ echo 'static const unsigned char $(basename $(notdir $(1)))_lua[] = {'; \
	   od -An -v -tx1 $$< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	   echo '};'; } > $$@
endef
$(foreach script,$(SCRIPTS),$(eval $(call script_rule,$(script))))

# The directory of the settings is compiled in: another one is a new header.
$(BUILD)/gen/paths.h: FORCE
	@text='#define WEIR_SYSCONFDIR "$(SYSCONFDIR)"'; \
	echo "$$text" | cmp -s - $@ || { mkdir -p $(@D) && echo "$$text" >$@; }

$(BUILD)/milter/main.o $(BUILD)/milter/weirctl.o: $(BUILD)/gen/paths.h

# With other flags everything is made again, but not by `make install`: that
# installs what was built, often by another account and without its flags.
FLAGS = $(CC) $(ALL_CPPFLAGS) $(CFLAGS_COMMON) \
	$(filter-out $(WERROR),$(ALL_CFLAGS)) $(ALL_LDFLAGS) $(LIBS_COMMON)
$(BUILD)/flags: $(if $(filter-out install uninstall,$(or $(MAKECMDGOALS),all)),FORCE)
	@printf '%s\n' $(FLAGS) | cmp -s - $@ || { $(CAN_COMPILE) && \
		mkdir -p $(@D) && printf '%s\n' $(FLAGS) >$@; }

# Before the first file is compiled: is there a compiler, and every library?
CAN_COMPILE = { $(PKG_CONFIG) --exists $(PKGS) ncursesw && \
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

$(foreach test,$(UT_$(1):%=ut_%) $(CT_$(1):%=ct_%),$(BUILD)/t/$(test)): \
$(BUILD)/t/%: $(BUILD)/t/%.o $(TEST_HELP_$(1):%=$(BUILD)/t/%.o) $(call archives,$(1))
	$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_CHECK) $$(LIBS_COMMON)

$(FUZZ_$(1):%=$(BUILD)/t/fuzz_%): \
$(BUILD)/t/%: $(BUILD)/t/%.o $(FUZZ_MAIN) $(call archives,$(1))
	$$(CC) $$(ALL_CFLAGS) $$(FUZZ_ENGINE) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_COMMON)
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

# The parts of the programs that need no MTA are tested like a room.
define part_rule
$(BUILD)/t/$(1): $(BUILD)/t/$(1).o $(TEST_HELP_$(1):%=$(BUILD)/t/%.o) \
$(patsubst %,$(BUILD)/milter/%.o,$(2) $(PARTS_$(1))) \
$(call archives,$(or $(ROOM_$(1)),policy))
	$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_CHECK) $$(LIBS_COMMON)
endef
$(foreach part,$(UT_milter),$(eval $(call part_rule,ut_$(part),$(part))))
$(foreach part,$(CT_milter),$(eval $(call part_rule,ct_$(part),$(part))))

$(FUZZ_milter:%=$(BUILD)/t/fuzz_%): $(BUILD)/t/fuzz_%: $(BUILD)/t/fuzz_%.o \
$(FUZZ_MAIN) $(BUILD)/milter/%.o $(BUILD)/milter/clock.o $(BUILD)/milter/screen.o \
$(call archives,desk)
	$(CC) $(ALL_CFLAGS) $(FUZZ_ENGINE) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON)

# weir-milter: the callbacks and what starts them.
MILTER = main bookkeeper clerk clock core_dump endings feed gate held_queue \
	listener memory_watch pid_file process redis_health reply service session \
	readable settings_print
$(BUILD)/weir-milter: $(MILTER:%=$(BUILD)/milter/%.o) \
$(foreach room,watch desk policy store settings base,$(call archive,$(room)))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON)

# weirctl: one file a command.
WEIRCTL = weirctl access arguments clock core_dump command_block command_check \
	command_orders command_override command_permit command_reset \
	command_revoke command_show command_status command_top command_watch \
	command_why order_command order_print redis_health reply screen \
	readable settings_print span_text status_print subject_windows top_live top_rows trial \
	why_print why_report window_text \
	command_replay replay_job replay_json replay_print replay_report \
	command_delete command_hold command_release \
	queue_command queue_print queue_words $(QUEUE)
$(BUILD)/weirctl: $(WEIRCTL:%=$(BUILD)/milter/%.o) \
$(foreach room,replay desk policy store settings base,$(call archive,$(room)))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON) \
		$(LIBS_CURSES)

# The load generator and the milters that it compares weir with.
LOAD_SOURCES = $(wildcard t/bench/load*.c) t/bench/milter_client.c \
	t/bench/histogram.c
$(BUILD)/t/bench/load: $(call objects,$(LOAD_SOURCES))
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(BUILD)/t/bench/floor: $(BUILD)/t/bench/floor.o
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON)

# A wall clock that the tests of t/faults can set.
$(BUILD)/t/faults/clock.so: t/faults/clock.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -std=c11 $(WARN) $(OPT) -fPIC -shared -o $@ $<

# Every fault of the catalogue, and those that take a few seconds only.
FAULTS = $(sort $(wildcard t/faults/*.t))
FAULTS_QUICK = $(addprefix t/faults/,raw.t redis_clock.t redis_disk.t \
	redis_smtp.t process_locks.t process_files.t process_versions.t \
	mta_address.t mta_session.t mta_stuck.t)

TEST_PROGRAMS = $(UNIT_TESTS) $(SERVER_TESTS) $(FUZZERS) \
	$(BUILD)/t/bench/load \
	$(BUILD)/t/bench/floor $(BUILD)/t/faults/clock.so
MANUALS = milter/weir-milter.8 milter/weirctl.8 milter/weir.conf.5

.PHONY: test-programs
test-programs: $(TEST_PROGRAMS)

# On all cores, unless the caller said how many.
CORES := $(shell nproc 2>/dev/null || echo 1)
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(CORES))

.PHONY: check
check: ## install what is missing, build, run every test
	./packaging/install-deps check
	$(MAKE) $(PARALLEL) check-all

# Those that hold a second against the clock run one after the other, the others
# side by side. Check(3) speaks TAP when it is asked to, so prove(1) runs every
# kind.
TESTS_ALONE = $(addprefix t/,mt_incident.t mt_orders.t mt_outage.t \
	mt_redis_away.t mt_reload_fire.t mt_tcp.t mt_weirctl_away.t \
	mt_weirctl_cost.t mt_weirctl_live.t faults/mta_stuck.t \
	faults/process_files.t faults/redis_clock.t faults/redis_smtp.t)
TESTS_TOGETHER = $(UNIT_TESTS) $(SERVER_TESTS) $(FUZZERS) $(filter-out \
	$(TESTS_ALONE),$(sort $(wildcard t/mt_*.t)) $(FAULTS_QUICK))
PROVE = BUILD=$(BUILD) CK_TAP_LOG_FILE_NAME=- CK_VERBOSITY=silent \
	prove --merge -e '' --timer

.PHONY: check-all
check-all: all test-programs layers manuals
	@code=0; \
	$(PROVE) -j $(CORES) $(TESTS_TOGETHER) || code=1; \
	$(PROVE) $(TESTS_ALONE) || code=1; \
	exit $$code

# The README on a bare Debian, as root; BARE_AS=user runs the tests as an
# ordinary account.
SUITE ?= trixie
BARE_AS ?= root

.PHONY: check-bare
check-bare: ## SUITE=bookworm|trixie: the README on a bare Debian (as root)
	./t/bare $(SUITE) $(BARE_AS)

# As others build weir: with clang, and as distributions harden it. No warning
# may come, and what needs no MTA runs once.
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
	prove --merge -e '' $(UNIT_TESTS) $(SERVER_TESTS) $(FUZZERS)

.PHONY: faults
faults: all test-programs ## break what weir stands on, and look
	BUILD=$(BUILD) prove --merge -e '' --timer $(FAULTS)

# SOAK_MINUTES, SOAK_FAULTS and SOAK_SEED are told in t/soak.
.PHONY: soak
soak: all $(BUILD)/t/bench/load ## SOAK_MINUTES=20 of faults; do the books balance?
	BUILD=$(BUILD) ./t/soak

.PHONY: drill
drill: all $(BUILD)/t/bench/load ## stop Redis under load, look at delays and books
	BUILD=$(BUILD) ./t/drill

# clang's libFuzzer, one harness after the other; what it finds out is kept in
# build/fuzz/corpus, what is wrong in build/fuzz/NAME-crash-... and the like.
FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_MAKE = $(MAKE) CC=$(FUZZ_CC) BUILD=build/fuzz \
	SANITIZE=fuzzer-no-link,address,undefined \
	OPT='-O1 -g -fno-sanitize-recover=all'

.PHONY: fuzz
fuzz: ## FUZZ_SECONDS=60 of made-up input for each parser
	./packaging/install-deps fuzz
	$(FUZZ_MAKE) fuzzers
	./t/fuzz build/fuzz $(FUZZ_SECONDS) $(notdir $(FUZZERS))

.PHONY: fuzzers
fuzzers: $(FUZZERS)

.PHONY: layers
layers: ## do the #include lines point the right way?
	@./t/layers

.PHONY: manuals
manuals:
	@mandoc -Tlint -Wwarning $(wildcard $(MANUALS))

.PHONY: demo
demo: ## install what is missing, build, stop a small flood on real mail
	./packaging/install-deps demo
	$(MAKE) $(PARALLEL) all
	BUILD=$(BUILD) ./t/demo

.PHONY: bench
bench: ## compare weir with an empty milter and with one plain EVALSHA
	./packaging/install-deps check
	$(MAKE) all $(BUILD)/t/bench/load $(BUILD)/t/bench/floor
	BUILD=$(BUILD) ./t/bench/bench.sh
	BUILD=$(BUILD) ./t/bench/postfix.sh
	BUILD=$(BUILD) ./t/bench/desk.sh

SOURCES = $(sort $(wildcard lib/*/*.c milter/*.c t/*.c t/bench/*.c \
	t/faults/*.c))
HEADERS = $(sort $(wildcard lib/*/*.h milter/*.h t/*.h t/bench/*.h))

# cppcheck 2.10 does not know _Noreturn, and would go on after alloc_fail().
.PHONY: lint
lint: $(GENERATED) ## cppcheck, clang-tidy, shellcheck and mandoc
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
		-D'_Noreturn=__attribute__((noreturn))' \
		--enable=warning,performance,portability \
		--suppressions-list=.cppcheck-suppressions \
		-D_GNU_SOURCE -I$(BUILD)/gen lib milter t
	for file in $(sort $(wildcard lib/*/*.c milter/*.c)); do \
		clang-tidy --quiet --warnings-as-errors='*' $$file -- \
			$(ALL_CPPFLAGS) $(CFLAGS_COMMON) -std=c11 || exit 1; \
	done
	shellcheck packaging/install-deps packaging/weirctl.bash .ci/run \
		t/bare t/demo t/coverage t/drill t/fuzz t/soak t/lib/*.sh t/bench/*.sh \
		$(wildcard t/mt_*.t t/faults/*.t)
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
	prove --merge -e '' $(UNIT_TESTS) $(SERVER_TESTS)
	./t/coverage $(BUILD) 90

UNITS = $(notdir $(wildcard packaging/*.service))
EXAMPLES = $(notdir $(wildcard etc/examples/*))
# What `make install` puts where, in what is installed: manuals and units.
PLACES = -e 's|/usr/local/|$(PREFIX)/|g' \
	-e 's|$(PREFIX)/share/doc/weir|$(DOCDIR)|g' \
	-e 's|$(PREFIX)/share/weir|$(DATADIR)|g' \
	-e 's|$(PREFIX)/lib/systemd/system|$(UNITDIR)|g' \
	-e 's|/etc/weir|$(SYSCONFDIR)/weir|g' \
	-e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g'

.PHONY: install
install: all ## install programs, manuals and an example configuration
	install -d "$(DESTDIR)$(SBINDIR)" "$(DESTDIR)$(BINDIR)" \
		"$(DESTDIR)$(MANDIR)/man5" "$(DESTDIR)$(MANDIR)/man8" \
		"$(DESTDIR)$(SYSCONFDIR)/weir" "$(DESTDIR)$(COMPLETIONDIR)" \
		"$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(SYSUSERSDIR)" \
		"$(DESTDIR)$(TMPFILESDIR)" "$(DESTDIR)$(DATADIR)" \
		"$(DESTDIR)$(DOCDIR)/examples"
	install -m 755 $(BUILD)/weir-milter "$(DESTDIR)$(SBINDIR)"
	install -m 755 $(BUILD)/weirctl "$(DESTDIR)$(BINDIR)"
	for page in $(notdir $(MANUALS)); do \
		sed $(PLACES) milter/$$page | install -m 644 /dev/stdin \
			"$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page" || exit 1; \
	done
	for unit in $(UNITS); do \
		sed $(PLACES) packaging/$$unit | install -m 644 /dev/stdin \
			"$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
	done
	install -m 644 packaging/weirctl.bash \
		"$(DESTDIR)$(COMPLETIONDIR)/weirctl"
	install -m 644 packaging/weir.sysusers \
		"$(DESTDIR)$(SYSUSERSDIR)/weir.conf"
	install -m 644 packaging/weir.tmpfiles \
		"$(DESTDIR)$(TMPFILESDIR)/weir.conf"
	install -m 644 packaging/redis.acl "$(DESTDIR)$(DATADIR)"
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
	rm -f "$(DESTDIR)$(SBINDIR)/weir-milter" "$(DESTDIR)$(BINDIR)/weirctl" \
		"$(DESTDIR)$(COMPLETIONDIR)/weirctl" \
		"$(DESTDIR)$(SYSUSERSDIR)/weir.conf" \
		"$(DESTDIR)$(TMPFILESDIR)/weir.conf" \
		"$(DESTDIR)$(DATADIR)/redis.acl" \
		"$(DESTDIR)$(SYSCONFDIR)/weir/weir.conf.full"
	for page in $(notdir $(MANUALS)); do \
		rm -f "$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page"; \
	done
	for unit in $(UNITS); do rm -f "$(DESTDIR)$(UNITDIR)/$$unit"; done
	for file in $(EXAMPLES); do \
		rm -f "$(DESTDIR)$(DOCDIR)/examples/$$file"; \
	done
	@rmdir "$(DESTDIR)$(DATADIR)" "$(DESTDIR)$(DOCDIR)/examples" \
		"$(DESTDIR)$(DOCDIR)" 2>/dev/null || :
	@test -n "$(DESTDIR)" || { \
		echo 'Left, if they were made: $(SYSCONFDIR)/weir,' \
			'/etc/systemd/system/weir-*, /var/lib/weir-redis,' \
			'the accounts weir and weir-redis.'; \
		echo 'Postfix and Sendmail still name the socket if their' \
			'configuration does.'; \
		pids=$$(pgrep -x weir-milter | tr '\n' ' '); \
		test -z "$$pids" || echo "weir-milter still runs: $$pids"; }

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' \
		Makefile
	@echo
	@echo 'variables: PREFIX DESTDIR CC SANITIZE=address,undefined|thread'

-include $(wildcard $(addprefix $(BUILD)/,lib/*/*.d milter/*.d t/*.d t/*/*.d))
