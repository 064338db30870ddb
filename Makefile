# Everything a person or CI runs here. `make` alone lists the targets.

PORT ?= 8080
HOST ?= 127.0.0.1
DATA ?= data
STAGE ?= prod
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
SERVER_INSTALLED := $(VENV)/.server-installed
INSTALLED := $(VENV)/.installed
SOURCES := app.py chalicelib yorozu scripts bench tests

# The first Python 3.11 or newer; PYTHON=/path/to/python decides otherwise.
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help install test test-fast coverage check format serve routes where new-dialect package deploy bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(SERVER_INSTALLED) ## Run the server on the embedded engine: PORT=8080 HOST=127.0.0.1 DATA=data
	@$(BIN)/yorozu serve --host $(HOST) --port $(PORT) --data "$(DATA)"

install: $(INSTALLED) ## Make .venv and install everything that tests and tools need

test: $(INSTALLED) ## Run every test
	$(BIN)/pytest -q -n $(JOBS)

test-fast: $(INSTALLED) ## Run the tests of the last failures first, and stop at the first failure
	$(BIN)/pytest -q -x --failed-first -n $(JOBS)

coverage: $(INSTALLED) ## Run the tests of the core, which meet every line and every branch of it
	$(BIN)/pytest -q -n $(JOBS) tests/core --cov --cov-report=term

check: $(INSTALLED) ## Lint, check types, check the rules of the house
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy app.py chalicelib yorozu scripts bench
	$(BIN)/pytest -q tests/rules

format: $(INSTALLED) ## Lay the code out and fix what can be fixed
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

routes: $(INSTALLED) ## Write docs/ROUTES.md anew
	$(BIN)/python -m scripts.routes

where: $(INSTALLED) ## Find a route's code and test: ROUTE="PUT /1/acme/groups/staff"
	@$(BIN)/python -m scripts.where "$(ROUTE)"

new-dialect: $(INSTALLED) ## Begin another API: NAME=x PREFIX=/x
	$(BIN)/python -m scripts.new_dialect "$(NAME)" "$(PREFIX)"

package: $(INSTALLED) ## Write a stage's Lambda zip and template into out/: STAGE=prod CA_BUNDLE=global-bundle.pem
	@$(BIN)/python -m scripts.package --stage "$(STAGE)" $(if $(CA_BUNDLE),--ca-bundle "$(CA_BUNDLE)")

deploy: $(INSTALLED) ## Bring a stage up on AWS: STAGE=prod CA_BUNDLE=global-bundle.pem, DRY=1 only shows how
	@$(BIN)/python -m scripts.deploy --stage "$(STAGE)" $(if $(CA_BUNDLE),--ca-bundle "$(CA_BUNDLE)") $(if $(DRY),--dry-run)

bench: $(INSTALLED) ## Run the benchmarks; they print, they do not judge
	$(BIN)/python -m bench

clean: ## Delete what tools made, not the data
	rm -rf $(VENV) out .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

$(VENV)/bin/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: Python 3.11 or newer is needed; $(if $(PYTHON),$(PYTHON) is none,none was found as python3 or python3.11)." >&2; \
		echo "make: Install it, or name it: make serve PYTHON=/path/to/python3.11" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(SERVER_INSTALLED): $(VENV)/bin/python requirements.txt requirements-server.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[server]'
	@touch $@

$(INSTALLED): $(VENV)/bin/python requirements.txt requirements-server.txt requirements-dev.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[server,dev]'
	@touch $(SERVER_INSTALLED) $@
