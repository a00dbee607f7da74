# Two doors: `make run` starts a session, `make test` proves that everything works. Both install what they need by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test lint types firmware ballsim check bench-live bench-detection screenshots clean

run: $(VENV)/.run
	$(BIN)/sixten $(ARGS)

test: $(VENV)/.test
	@bash .ci/packages test
	$(MAKE) lint types firmware ballsim check

lint: $(VENV)/.test
	$(BIN)/ruff check host tests
	$(BIN)/ruff format --check --quiet host tests

types: $(VENV)/.test
	$(BIN)/mypy

firmware:
	$(MAKE) -C firmware

ballsim: $(VENV)/.test firmware
	$(MAKE) -C tests/ballsim
	@printf '#!/bin/sh\nexec "%s/$(BIN)/python" "%s/tests/ballsim/launch.py" "$$@"\n' "$(CURDIR)" "$(CURDIR)" > build/ballsim
	@chmod +x build/ballsim

check: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist worksteal

# Figures for README and docs; shown, not asserted, because they depend on the machine.
bench-live: ballsim
	$(BIN)/python tests/bench/live.py

bench-detection: $(VENV)/.bench
	$(BIN)/python tests/bench/detection.py

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
