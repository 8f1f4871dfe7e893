# A thin door to the CMake presets. `make help` lists the targets.

BIN := build/release/bin
JOBS ?= $(shell nproc)

.PHONY: help demo test build asan tsan clang fuzz crash bench lint format format-check \
        install-packages clean

help:
	@echo 'make demo          install what is missing, build, show the main job'
	@echo 'make test          install what is missing, build, run every test'
	@echo 'make build         the programs, in $(BIN)'
	@echo 'make asan tsan     the tests under AddressSanitizer + UBSan; ThreadSanitizer'
	@echo 'make fuzz          the decoders under libFuzzer, for a bounded time'
	@echo 'make crash         more rounds of the test that kills processes at random'
	@echo 'make bench         the table of locker-bench'
	@echo 'make lint          clang-tidy, cppcheck, shellcheck'
	@echo 'make format        clang-format, in place; format-check only looks'
	@echo 'make clean         remove build/'

install-packages:
	@scripts/ensure-packages.sh build

# configure, then build, one preset
define build_preset
	@[ -f build/$(1)/build.ninja ] || cmake --preset $(1) >/dev/null
	@cmake --build --preset $(1) -j $(JOBS)
endef

build: install-packages
	$(call build_preset,release)

demo: build
	@demo/run.sh $(BIN)

test: build
	@ctest --preset release -j $(JOBS)

asan: install-packages
	$(call build_preset,asan)
	@ctest --preset asan -j $(JOBS)

tsan: install-packages
	$(call build_preset,tsan)
	@ctest --preset tsan -j $(JOBS)

clang:
	@scripts/ensure-packages.sh build ci
	$(call build_preset,clang)

fuzz: clang
	@scripts/fuzz.sh build/clang/bin

crash: build
	@LOCKER_CRASH_ROUNDS=40 ctest --preset release -R crash

bench: build
	@$(BIN)/locker-bench engine
	@$(BIN)/locker-bench load

lint: clang
	@scripts/lint.sh build/clang

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

format-check:
	@scripts/ensure-packages.sh ci
	@git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror

clean:
	@rm -rf build
