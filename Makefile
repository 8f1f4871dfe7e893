# A door to the CMake presets: `make help` says what there is. Everything is built under build/.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

JOBS ?= $(shell nproc)

.PHONY: help demo test build asan tsan traced stages clang lint format format-check fuzz bench clean \
        install-packages

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target text; do \
	    printf '  make %-18s %s\n' "$$target" "$$text"; done

install-packages: ## install the Debian packages that building takes (others: see scripts/)
	@scripts/ensure-packages.sh build

build: install-packages ## build the programs into build/release/bin
	@scripts/build.sh release $(JOBS)

demo: build ## build, and show the main job with the real programs
	@demo/run.sh build/release/bin

test: build ## build, and run all tests
	@ctest --preset release

asan: install-packages ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/build.sh asan $(JOBS)
	@ctest --preset asan

tsan: install-packages ## the tests of what has threads under ThreadSanitizer
	@scripts/build.sh tsan $(JOBS)
	@ctest --preset tsan

traced: install-packages ## build and test a station that counts where the time goes
	@scripts/build.sh traced $(JOBS) locker-station locker-bench trace_stages bench_stages
	@ctest --preset traced

stages: traced ## where every microsecond of a deposit goes, measured
	@build/traced/bin/locker-bench stages

clang: ## build with clang, the fuzzing targets too
	@scripts/ensure-packages.sh build check
	@scripts/build.sh clang $(JOBS)

fuzz: clang ## fuzz what reads bytes from outside, FUZZ_SECONDS (20) each
	@scripts/fuzz.sh build/clang/bin

lint: build ## clang-tidy, shellcheck
	@scripts/ensure-packages.sh build check
	@scripts/lint.sh build/release $(JOBS)

format: ## put the sources into shape with clang-format
	@scripts/ensure-packages.sh check
	@scripts/format.sh fix

format-check: ## say what `make format` would change
	@scripts/ensure-packages.sh check
	@scripts/format.sh check

bench: build ## the station beside Redis, PostgreSQL and SQLite, in one table
	@scripts/ensure-packages.sh peers || true # what is missing is left out of the table
	@build/release/bin/locker-bench compare

clean: ## remove build/
	@rm -rf build
