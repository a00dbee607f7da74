# Two doors: `make run` starts a session, `make test` proves that everything works. Both install what they need by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test lint types firmware ballsim check bench-live bench-detection bench-accuracy screenshots circuit hardware bench-cost bench-desktop bench-recording bench-ceiling bench-library figures words voice bench-sound clean

run: $(VENV)/.run
	$(BIN)/sixten $(ARGS)

test: $(VENV)/.test
	@bash .ci/packages test
	$(MAKE) lint types firmware ballsim check

lint: $(VENV)/.test
	$(BIN)/ruff check host tests hardware
	$(BIN)/ruff format --check --quiet host tests hardware

types: $(VENV)/.test
	$(BIN)/mypy

# The host's build of the C too: tests that run side by side must not both make it.
firmware:
	$(MAKE) -C firmware all host

ballsim: $(VENV)/.test firmware
	$(MAKE) -C tests/ballsim
	@printf '#!/bin/sh\nexec "%s/$(BIN)/python" "%s/tests/ballsim/launch.py" "$$@"\n' "$(CURDIR)" "$(CURDIR)" > build/ballsim
	@chmod +x build/ballsim

check: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist worksteal

# Checks the circuit of every build, draws it into docs/images, prints what the parts cost and what ngspice says.
circuit: $(VENV)/.test
	cd hardware && ../$(BIN)/python -m circuit
# STL files and previews into build/hardware; parameters of ball.scad, pictures and tables of docs/build. Needs OpenSCAD.
hardware: circuit
	@bash .ci/packages test
	cd hardware && ../$(BIN)/python -m cad.make

# What is said, for translators; compiles translations, for which it needs msgfmt (Debian: gettext).
words: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python tests/catalogue.py

# The spoken phrases, from the catalogue; needs espeak-ng. Tests need only the files that are in the repository.
voice: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python tests/voices.py

bench-sound: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python tests/bench/sound.py

# Figures for README and docs; shown, not asserted, because they depend on the machine.
bench-live: ballsim
	$(BIN)/python tests/bench/live.py

bench-detection: $(VENV)/.bench
	$(BIN)/python tests/bench/detection.py
	PYTHONPATH=tests $(BIN)/python tests/bench/shipped.py

bench-ceiling: $(VENV)/.bench
	PYTHONPATH=tests $(BIN)/python tests/bench/ceiling.py
	PYTHONPATH=tests $(BIN)/python tests/bench/ceiling_loop.py

bench-library: $(VENV)/.test
	$(BIN)/python tests/bench/library.py

bench-cost: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python tests/bench/cost.py

# Parts by name: make bench-desktop ARGS="paint latency"
bench-desktop: $(VENV)/.test $(VENV)/.bench
	$(BIN)/python tests/bench/desktop.py $(ARGS)

# The figures in docs/how-it-decides.md, drawn from the code.
figures: $(VENV)/.bench
	PYTHONPATH=tests $(BIN)/python tests/bench/constants.py
	PYTHONPATH=tests $(BIN)/python tests/bench/figures.py

bench-accuracy: $(VENV)/.test
	$(BIN)/python tests/bench/accuracy.py

bench-recording: $(VENV)/.bench ballsim
	PYTHONPATH=tests $(BIN)/python -m bench.recording

screenshots: $(VENV)/.test
	QT_QPA_PLATFORM=offscreen $(BIN)/python tests/bench/screenshots.py

$(VENV)/.run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "sixten needs Python 3.11 or newer; name one with: make run PYTHON=python3.12"; exit 1; }
	@bash .ci/packages run
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[desktop]'
	@touch $@

$(VENV)/.test: $(VENV)/.run pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[desktop,test]'
	@touch $@

$(VENV)/.bench: $(VENV)/.run pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

clean:
	rm -rf build firmware/build $(VENV)
