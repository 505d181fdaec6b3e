# Everything a person or CI runs. `make` alone explains itself.
# Each target first brings .venv to what requirements.lock says; that takes a tenth of a second when nothing changed.

PYTHON ?= python3
TEST_WORKERS ?= 2
PYTEST_ARGS ?=
LOCK_ARGS ?=
BIN := .venv/bin
COMPILE_FROM = $(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-emit-index-url \
               --custom-compile-command "make lock" --python-version
COMPILE := $(COMPILE_FROM) 3.11

.DEFAULT_GOAL := help
# Images of containers like to set it: then each of our many processes compiles Dagster and all the rest anew, in 3 s.
unexport PYTHONDONTWRITEBYTECODE
.NOTPARALLEL:
.PHONY: help demo test up bench check lock dictionary clean bootstrap

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: bootstrap ## generate patients, materialise every asset through Dagster, say what to open next
	$(BIN)/mimic-assets demo

test: bootstrap ## run the whole test suite, fast tests first; lists what was skipped and why
	$(BIN)/python -m pytest -m "not slow" -n $(TEST_WORKERS) --dist loadfile -rs $(PYTEST_ARGS)
	@$(BIN)/python -m pytest -m slow -n $(TEST_WORKERS) --dist loadfile -rs $(PYTEST_ARGS); status=$$?; \
	if [ $$status -eq 5 ]; then echo "no slow tests were selected"; else exit $$status; fi

up: bootstrap ## serve the Dagster UI on 127.0.0.1:3000 over what the demo made
	$(BIN)/mimic-assets up

bench: bootstrap ## measure against named peers, outputs compared first; one table
	$(BIN)/python -m mimic_assets_tests.benchmarks

check: bootstrap ## ruff, formatting, mypy and the walls between packages; runs all four, then fails if one did
	@status=0; \
	for command in "ruff check" "ruff format --check" mypy "mypy scripts/bootstrap.py" "lint-imports --no-logo"; do \
	  echo "$$command"; $(BIN)/$$command || status=1; \
	done; \
	exit $$status

lock: ## write requirements.lock anew from pyproject.toml (LOCK_ARGS=--upgrade moves every pin)
	@test -x $(BIN)/uv || $(MAKE) bootstrap
	$(COMPILE) $(LOCK_ARGS) --extra dev pyproject.toml -o requirements.lock
	grep -E '^uv==' scripts/uv.lock | tr -d ' \\' | $(COMPILE) $(LOCK_ARGS) - -o scripts/uv.lock
	for wanted in mimic_assets_tests/environments/*.in; do \
	  from=$$(sed -n 's/^# python-version //p' $$wanted); \
	  $(COMPILE_FROM) $${from:-3.11} $(LOCK_ARGS) $$wanted -o $${wanted%.in}.lock || exit 1; \
	done

dictionary: bootstrap ## write docs/data-dictionary.md anew from the schemas
	$(BIN)/python -m mimic_assets.schemas.dictionary docs/data-dictionary.md

clean: ## remove .venv, the demo's lake and every cache; asks nothing
	rm -rf .venv .environments .demo .bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

bootstrap:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found; Python 3.11 or newer is needed. On Debian 12 and" \
	  "Ubuntu 24.04: apt-get install python3 python3-venv. Elsewhere name it: make demo PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) scripts/bootstrap.py
