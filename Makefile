# Every target prepares .venv by itself: on a fresh clone nothing else has to be done first.
.DEFAULT_GOAL := test
.DELETE_ON_ERROR:
SHELL := /bin/bash

VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready
FUZZ_MINUTES ?= 10

.PHONY: quickstart test lint format man bench fuzz mutation lock lock-plugins clean

quickstart: $(READY)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash docs/quickstart.sh

test: $(READY)
	$(PY) -m pytest -n 2 -m "not fuzz"

man: $(READY)
	$(PY) -m notation_py.cli.manual man/man1

# Our program, our library, and the Go programs where they have been built; reports in build/conformance/.
conformance: $(READY)
	$(PY) -m conformance.compare

lint: $(READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(PY) -m ruff format .

bench: $(READY)
	$(PY) -m benchmarks

fuzz: $(READY)
	NOTATION_PY_FUZZ_SECONDS=$$(( $(FUZZ_MINUTES) * 60 )) $(PY) -m pytest -m fuzz

# Removes each security check in turn; some test must fail. MUTATION takes flags, such as --only trust/ --jobs 2.
mutation: $(READY)
	$(PY) -m tests.mutation $(MUTATION)

# Renews the locked versions and hashes within the ranges of pyproject.toml; needs uv on the PATH.
# The libraries of key services are apart, so that neither the core nor its development needs them.
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet
lock:
	$(LOCK) pyproject.toml -o requirements/runtime.txt
	$(LOCK) pyproject.toml --group test --group lint --group build -c requirements/runtime.txt -o requirements/test.txt
	$(LOCK) --group pyproject.toml:providers -c requirements/test.txt -o requirements/plugins.txt
	$(LOCK) --group pyproject.toml:servers -o requirements/openbao.txt

lock-plugins:
	$(LOCK) --group pyproject.toml:providers -c requirements/test.txt -o requirements/plugins.txt

# The first interpreter that runs and is new enough. A name on the PATH may be a shim that only fails.
# The locks are complete, so nothing is resolved: a release made after them cannot get in the way. `pip check` says whether they fit.
$(READY): requirements/test.txt requirements/plugins.txt pyproject.toml
	@set -euo pipefail; \
	for name in python3.11 python3 python3.12 python3.13; do \
	  if "$$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then echo 'error: no Python 3.11 or newer with the venv module was found' >&2; exit 1; fi; \
	echo "preparing $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv --clear $(VENV); \
	for file in test plugins; do \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/$$file.txt; \
	done; \
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	$(PY) -m pip check --quiet --disable-pip-version-check; \
	touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
