# SPDX-License-Identifier: Apache-2.0
# A thin front to CMake. `make build` installs what is missing (packages/build.txt) and leaves the program at
# build/quell; `make help` lists the rest.
BUILD ?= build
PREFIX ?= /usr/local
CCACHE := $(shell command -v ccache)
CONFIGURE = cmake -S . -G Ninja $(if $(CCACHE),-DCMAKE_C_COMPILER_LAUNCHER=ccache)
DEMO = compare --population unfit-1l --regimens clb-obi,ven-obi,clb-rituximab,ibrutinib --patients 1000 --years 6 --seed 7

.PHONY: help build demo check bench asan tsan coverage docs format install fuzz page calibrate validate clean

help:
	@echo 'make build    the program, at $(BUILD)/quell'
	@echo 'make demo     compare four regimens; leaves out/demo.html and docs/figure.svg'
	@echo 'make check    all tests'
	@echo 'make bench    speed against CVODE, into bench/latest.json'
	@echo 'make asan     all tests under the address and undefined-behaviour sanitizers; also tsan'
	@echo 'make coverage which lines the tests reach'
	@echo 'make fuzz     hostile input for every reader, a minute each'
	@echo 'make docs     every verb, diagnostic and therapy as pages, into out/docs'
	@echo 'make page     build the page in web/ (needs npm) and put it into the program'
	@echo 'make calibrate parameter draws from calibration trials, into library/posterior; an interrupted run goes on'
	@echo 'make validate published trials against simulated ones, into docs/credibility.md and out/validation.html'
	@echo 'make format   clang-format on all sources'
	@echo 'make install  into PREFIX ($(PREFIX)), under DESTDIR if set; make deb: a Debian package in build-deb'
	@echo 'make bindings signatures and manuals of the R and Python packages, after a change of options'

build:
	@tools/install_packages packages/build.txt
	@$(CONFIGURE) -B $(BUILD) >/dev/null
	cmake --build $(BUILD) --target quell_cli

demo: build
	@mkdir -p out
	$(BUILD)/quell $(DEMO) --html out/demo.html --figure docs/figure.svg
	@echo 'The report is in out/demo.html.'

check:
	@tools/install_packages packages/build.txt packages/check.txt
	@tools/build_page --tools
	@$(CONFIGURE) -B $(BUILD)
	cmake --build $(BUILD) --target all quell_bench
	ctest --test-dir $(BUILD) --output-on-failure

bench: build
	cmake --build $(BUILD) --target quell_bench
	$(BUILD)/bench/quell_bench --out bench/latest.json

asan tsan coverage:
	@tools/install_packages packages/build.txt packages/check.txt
	cmake --preset $@
	cmake --build build-$@
	ctest --test-dir build-$@ --output-on-failure
	@if [ $@ = coverage ]; then tools/coverage build-coverage; fi
	@if [ $@ = asan ]; then tests/bindings/asan.sh . build-asan; fi

fuzz:
	@tools/install_packages packages/build.txt packages/fuzz.txt
	cmake --preset fuzz
	cmake --build build-fuzz --target fuzzers
	tools/run_fuzzers build-fuzz

docs: build
	tools/make_docs $(BUILD)/quell out/docs

page:
	tools/build_page

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

install: build
	cmake --build $(BUILD) --target installed
	cmake --install $(BUILD) --prefix $(PREFIX)

deb:
	@tools/install_packages packages/build.txt packages/deb.txt
	@$(CONFIGURE) -B build-deb -DCMAKE_INSTALL_PREFIX=/usr -DQUELL_DEB=ON
	cmake --build build-deb --target installed
	cd build-deb && cpack -G DEB

# The generated parts of bindings/ from the library's tables.
bindings: build
	cmake --build $(BUILD) --target bindings

clean:
	rm -rf $(BUILD) build-* out

calibrate: build
	@mkdir -p out library/posterior
	$(BUILD)/quell calibrate --patients 100 --steps 2 --draw 40 --keep 24 --seed 1 --log out/calibrate.log \
		--out library/posterior/draws.csv --report library/posterior/report.md

validate: build
	@mkdir -p out
	$(BUILD)/quell validate --patients 1000 --seed 1 --score --credibility docs/credibility.md --html out/validation.html
