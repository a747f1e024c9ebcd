# Everything a person or CI runs. Each target makes .venv from python3 alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check serve format lint types imports lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.run: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run tests/requirements.lock
	@$(PIP) install --require-hashes -r tests/requirements.lock
	@touch $@

run: $(VENV)/.run ## set up and rank the built-in models: the main job
	@$(BIN)/slm-judge demo

serve: $(VENV)/.run ## start the service on 127.0.0.1:8321
	@$(BIN)/slm-judge serve

test: $(VENV)/.dev ## set up and pass all tests that take under five minutes
	$(BIN)/pytest -m "not slow"

check: format lint types imports test ## everything a change must pass

format: $(VENV)/.dev ## is the code formatted?
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

imports: $(VENV)/.dev ## who may import whom
	$(BIN)/lint-imports

lock: ## write both lock files from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --group build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --group build --group dev -c requirements.lock pyproject.toml -o tests/requirements.lock

clean: ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
