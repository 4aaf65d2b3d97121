# `make demo` watches an invented city; `make test` checks everything. `make` alone lists the rest.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev tools fonts ui demo check test bench lock clean

BIN := .venv/bin
ARGS ?=
SOURCES := monitor collectors alerts

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "make %-11s %s\n", $$1, $$2}'

setup: .venv/.setup ui fonts ## .venv from requirements.lock, with quanshi, its pages and its font in it
setup-dev: .venv/.setup-dev ## the same with what the tests need

.venv/.setup: requirements.lock pyproject.toml .ci/setup
	@.ci/setup requirements.lock
	@touch $@

.venv/.setup-dev: requirements-dev.lock pyproject.toml .ci/setup
	@.ci/setup requirements-dev.lock
	@touch .venv/.setup $@

tools: .tools/.fetched ## the real servers that the tests talk to, into .tools (nothing is installed)

.tools/.fetched: tests/fetch_tools.py tests/tools.py | setup-dev
	@$(BIN)/python tests/fetch_tools.py
	@touch $@

fonts: .venv/.setup ## the Chinese font for PDF reports, into monitor/reports/fonts
	@$(BIN)/python .ci/fonts

ui: .venv/.setup ## the pages, from monitor/web/ui into monitor/web/static
	@.ci/ui build

demo: .venv/.setup ui ## an invented Maoming, watched live: make demo ARGS="--for 60s --json"
	@$(BIN)/quanshi demo $(ARGS)

check: setup-dev ## style, types and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python .ci/types --check
	.ci/ui check

test: check tools fonts ui ## all checks and all tests: make test ARGS="-k rtsp"
	$(BIN)/pytest -n 6 --dist worksteal $(ARGS)

bench: setup-dev tools fonts ui ## the promises of speed, measured beside their budgets
	@$(BIN)/python tests/bench/run.py $(ARGS)

# The locks name versions and hashes, never an address: every mirror serves the same files.
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header --extra demo --extra pdf --extra postgres --group build

lock: ## the locks anew from pyproject.toml (needs uv)
	PATH="$$PATH:$(BIN)" uv $(COMPILE) pyproject.toml -o requirements.lock
	PATH="$$PATH:$(BIN)" uv $(COMPILE) --extra apprise --extra big --extra oidc --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	PATH="$$PATH:$(BIN)" uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --group node -o requirements-node.lock

clean: ## everything that was built or fetched here
	rm -rf monitor/web/static monitor/web/ui/node_modules
	rm -rf .venv .tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
