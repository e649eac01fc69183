# libpersona. `make help` lists the targets. Needs GNU make, a C11 compiler, OpenBLAS,
# LAPACKE and zlib; cmocka for the tests. On Debian and Ubuntu `make deps` installs them.

PREFIX  ?= /usr/local
DESTDIR ?=
B       ?= build
MODE    ?= release
# V=1 shows the commands.
Q       := $(if $(V),,@)
VERSION := $(shell sed -n 's/.*define PERSONA_VERSION "\(.*\)".*/\1/p' include/persona/types.h)
SONAME  := libpersona.so.0

# `make deps demo`: what deps installs must be seen by the goals after it, so they run in a
# make of their own.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
REST := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps $(REST)
deps:
	@sh .ci/deps
$(REST): deps
	@$(MAKE) --no-print-directory $@
else

# ---- flags --------------------------------------------------------------------------------
CC       ?= cc
OPTIMIZE ?= -O2
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes
INCLUDE  := -Iinclude -Ilib
# -ffp-contract=off: every fused multiply-add is written out, so that all levels of SIMD
# give the same bits.
BASE     := -std=c11 -g $(WARN) $(INCLUDE) -ffp-contract=off -fno-math-errno -fvisibility=hidden -fPIC \
            -D_POSIX_C_SOURCE=200809L
BLAS_CFLAGS := $(shell pkg-config --cflags openblas lapacke zlib 2>/dev/null)
LIBS     := -lopenblas -llapacke -lz -lm -lpthread
CMOCKA   := -lcmocka

MODE_release :=
MODE_asan    := -fsanitize=address -fno-omit-frame-pointer -DPSN_SANITIZED
MODE_ubsan   := -fsanitize=undefined -fno-sanitize-recover=all -DPSN_SANITIZED
MODE_both    := -fsanitize=address,undefined -fno-sanitize-recover=all \
                -fno-omit-frame-pointer -DPSN_SANITIZED
MODE_tsan    := -fsanitize=thread -DPSN_SANITIZED
MODE_cov     := --coverage
MODE_fuzz    := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
                -DPSN_SANITIZED
ifeq ($(MODE),fuzz)
CC := clang
endif
MODE_FLAGS := $(MODE_$(MODE))
ALL_CFLAGS = $(BASE) $(OPTIMIZE) $(BLAS_CFLAGS) $(MODE_FLAGS) $(CFLAGS)

# Objects lie in a folder named by a hash of all flags: builds coexist.
HASH := $(shell printf '%s' "$(CC) $(BASE) $(OPTIMIZE) $(MODE_FLAGS) $(CFLAGS)" | cksum | cut -d' ' -f1)
O    := $(B)/objects-$(MODE)-$(HASH)
OUT  := $(if $(filter release,$(MODE)),$(B),$(B)/$(MODE))

# ---- sources ------------------------------------------------------------------------------
LIB_C    := $(sort $(wildcard lib/*/*.c lib/*/*/*.c))
LIB_O    := $(LIB_C:%.c=$(O)/%.o)
QUERY_O  := $(patsubst %.c,$(O)/%.o,$(shell cat lib/query.list))
COMMAND_C := $(sort $(wildcard examples/persona.c examples/command/*.c examples/report/*.c))
COMMAND_O := $(COMMAND_C:%.c=$(O)/%.o)
EXAMPLES := $(patsubst examples/%.c,%,$(filter-out examples/persona.c,$(wildcard examples/*.c)))
tests_in  = $(patsubst %.c,$(O)/%,$(sort $(wildcard $(1:%=tests/%/test_*.c))))
TESTS    := $(call tests_in,unit api golden fault thread)
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES  := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/bench/bench_*.c)))
QUALITY  := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/quality/quality_*.c)))

.PHONY: all demo check asan ubsan tsan both fault fuzz quality bench coverage format docs \
        install uninstall ffi help clean tests force tidy
all: $(OUT)/libpersona.a $(OUT)/libpersona.so $(OUT)/persona ffi $(EXAMPLES:%=$(OUT)/%) $(OUT)/pkgconfig/persona-uninstalled.pc ## libraries, the command, examples (default)

# The kernels: loops over fma that the compiler turns into vectors at -O3.
$(O)/lib/math/%.o $(O)/lib/learn/%.o: OPTIMIZE := -O3
$(O)/%.o: %.c
	@mkdir -p $(@D); echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@
$(O)/libpersona.a: $(LIB_O)
	@rm -f $@; echo "  AR    $(@F)"
	$(Q)ar rcs $@ $^
$(O)/$(SONAME): $(LIB_O) lib/persona.map
	@echo "  LINK  $(@F)"
	$(Q)$(CC) $(ALL_CFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=lib/persona.map \
	  $(if $(MODE_FLAGS),,-Wl$(comma)-z$(comma)defs) -Wl,-z,nodelete -Wl,-z,relro,-z,now \
	  $(LDFLAGS) $(LIB_O) $(LIBS) -o $@
comma := ,
# What answers questions, alone: no BLAS, no threads of its own.
$(O)/libpersona-query.so: $(QUERY_O) lib/query.list
	@echo "  LINK  $(@F)"
	$(Q)$(CC) $(ALL_CFLAGS) -shared -Wl,-z,defs $(LDFLAGS) $(QUERY_O) -lz -lm -lpthread -o $@
$(O)/persona: $(COMMAND_O) $(O)/libpersona.a
	@echo "  LINK  $(@F)"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@
$(EXAMPLES:%=$(O)/%): $(O)/%: examples/%.c $(O)/libpersona.a
	@mkdir -p $(@D); echo "  LINK  $(@F)"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) $< $(O)/libpersona.a $(LIBS) -o $@
$(O)/tests/%: tests/%.c $(O)/libpersona.a
	@mkdir -p $(@D); echo "  LINK  $(@F)"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -MMD -MP -MF $@.d $(LDFLAGS) $< \
	  $$(awk 'NR == 1 && !/link:/ {exit} {print} /\*\// {exit}' $< | grep -o -e '-Wl,[^ ]*') \
	  $(O)/libpersona.a $(CMOCKA) $(LIBS) -o $@

# The products of this mode, under names without the hash.
$(OUT)/libpersona.so: $(O)/$(SONAME) force
	@mkdir -p $(@D); cmp -s $< $(OUT)/$(SONAME) || cp $< $(OUT)/$(SONAME); ln -sf $(SONAME) $@
$(OUT)/%: $(O)/% force
	@mkdir -p $(@D); cmp -s $< $@ || cp $< $@
force:

-include $(LIB_O:.o=.d) $(COMMAND_O:.o=.d) $(TESTS:%=%.d) $(BENCHES:%=%.d) $(QUALITY:%=%.d)

# ---- using it -----------------------------------------------------------------------------
deps: ## install what a fresh Debian or Ubuntu needs
	@sh .ci/deps
demo: all ## groups the customers of a real shop: example, command, report
	@sh .ci/demo $(OUT)

# ---- checking it --------------------------------------------------------------------------
tests: $(TESTS) $(FUZZERS:%=$(O)/replay_%)
$(O)/replay_%: tests/fuzz/%.c tests/fuzz/standalone.c $(O)/libpersona.a
	@mkdir -p $(@D); echo "  LINK  $(@F)"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@
check: all tests $(O)/libpersona-query.so ## every test, in under 3 minutes
	+@MODE=$(MODE) OUT=$(OUT) O=$(O) CC="$(CC)" PREFIX= sh .ci/check all
asan ubsan tsan both: ## the same tests under AddressSanitizer, UBSan, ThreadSanitizer; both = first two
	@$(MAKE) --no-print-directory MODE=$@ sanitized
.PHONY: sanitized
sanitized: tests
	+@MODE=$(MODE) OUT=$(OUT) O=$(O) CC="$(CC)" sh .ci/check sanitized
fault: tests ## fail every allocation and system call in turn, kill while saving
	@PERSONA_KILLS=1000 PERSONA_RELOADS=1000 O=$(O) sh .ci/fault
fuzz: ## fuzz the loader, the CSV reader and the options: FUZZ_SECONDS each (default 60)
	@$(MAKE) --no-print-directory MODE=fuzz fuzzers
.PHONY: fuzzers
fuzzers: $(FUZZERS:%=$(O)/%)
	@O=$(O) sh .ci/fuzz $(FUZZERS)
$(O)/fuzz_%: tests/fuzz/fuzz_%.c $(O)/libpersona.a
	@mkdir -p $(@D); echo "  LINK  $(@F)"
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer,address,undefined $^ $(LIBS) -o $@
quality: all $(QUALITY) ## accuracy on real data against the bars; skipped without the data
	@OUT=$(OUT) O=$(O) sh .ci/quality
bench: all $(BENCHES) ## speed, beside peers where they are installed
	@OUT=$(OUT) O=$(O) sh .ci/bench
coverage: ## line coverage of lib/ by the tests (gcov)
	@$(MAKE) --no-print-directory MODE=cov sanitized
	@B=$(B) sh .ci/coverage

# ---- keeping it ---------------------------------------------------------------------------
format: ## clang-format over all sources
	clang-format -i $$(git ls-files '*.c' '*.h')
tidy: ## clang-tidy over the library
	clang-tidy --quiet $(LIB_C) -- -std=c11 $(INCLUDE) -D_POSIX_C_SOURCE=200809L
docs: all ## docs/options.md from the descriptor tables, outputs in README and command.md
	@sh .ci/options $(OUT)/persona > docs/options.md
	@sh .ci/command_docs $(OUT)/persona
	@CC="$(CC)" sh .ci/readme_output $(OUT)
ffi: $(OUT)/ffi/persona.ffi.h ## headers without macros, for FFI
$(OUT)/ffi/persona.ffi.h: include/persona.h $(wildcard include/persona/*.h) .ci/ffi_header
	@CC="$(CC)" sh .ci/ffi_header $(VERSION) $(OUT)/ffi
# pkg-config prefers NAME-uninstalled: PKG_CONFIG_PATH=build/pkgconfig pkg-config persona
$(OUT)/pkgconfig/persona-uninstalled.pc: pkgconfig/persona-uninstalled.pc.in include/persona/types.h
	@mkdir -p $(@D); sed -e 's|@BUILD@|$(abspath $(OUT))|' -e 's|@SOURCE@|$(CURDIR)|' -e 's|@VERSION@|$(VERSION)|' $< > $@
install: all ## into $(DESTDIR)$(PREFIX)
	@sh .ci/install $(OUT) "$(DESTDIR)" "$(PREFIX)" $(VERSION)
uninstall: ## remove what install put there
	@sh .ci/install --remove "$(DESTDIR)" "$(PREFIX)" $(VERSION)
clean: ## remove the build folder
	rm -rf $(B)
help: ## this list
	@sed -n 's/^\([a-z ]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{printf "  %-22s %s\n", $$1, $$2}'
endif
