# Everything here sets itself up: a fresh machine needs only Python 3.10 or newer, make and git.
# `make` alone prints what the targets do.

PYTHON ?= python3
OUT ?= site
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHECKED := $(VENV)/checked
# Quiet pip: what a newcomer reads should be about this project.
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.DEFAULT_GOAL := help
# Tests start many programs, which would all be compiled anew each time.
unexport PYTHONDONTWRITEBYTECODE
.DELETE_ON_ERROR:
.PHONY: gallery help setup lock docs test test-lowest lint format test-browser test-real fuzz bench reference dist release clean

help:  ## Print what the targets do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | while IFS='|' read -r name text; do \
	    printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: $(READY)  ## Make .venv with this package (editable) and the tools of its developers

# What CI installs: these versions and no other bytes, for the versions of Python that they were chosen for.
LOCK := requirements/ci.lock
IS_LOCKED = $(if $(CI),$(shell $(PYTHON) -c 'import sys; print("yes" if (3, 10) <= sys.version_info[:2] <= (3, 13) else "")'))

$(READY): pyproject.toml Makefile $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	    { echo "hvsupport needs Python 3.10 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) (once) ..."
ifneq ($(IS_LOCKED),)
	@$(PIP) install --require-hashes --requirement $(LOCK)
	@$(PIP) install --no-deps --no-build-isolation --editable .
else
	@$(PIP) install --upgrade pip
	@PYTHONWARNINGS=ignore $(PIP) install --editable '.[dev]'
endif
	@touch $@

lock: $(READY)  ## Renew the versions and hashes that CI installs
	@$(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 --upgrade --generate-hashes \
	    --no-annotate --custom-compile-command 'make lock' --quiet --output-file $(LOCK)

docs: $(READY)  ## Build the site of this project into site/, with the matrix of the example library
	cd docs/example && ../../$(BIN)/python -m faults ../migration-outcomes.md
	$(BIN)/hvsupport docs --out $(OUT)
	@echo "The site is in $(OUT)/index.html"

# What takes seconds each is left to test-real: tests/heavy, and these by tests/real/test_at_length.py.
AT_LENGTH := $(addprefix docs/example/tests/test_example_,qemu_live.py qemu_migration.py qemu_postcopy.py qemu_storage.py seeded_faults.py)

test: $(READY)  ## Run the tests
	$(BIN)/python -m pytest -q -n auto --dist worksteal tests docs/example/tests \
	    $(addprefix --ignore=,tests/real tests/browser tests/heavy tests/fuzz $(AT_LENGTH))

# The lower bounds of the dependencies as exact versions, and the tests of what each of them does.
LOWEST = sed -n '/^dependencies/,/^]/s/.*"\(.*\)>=\(.*\)".*/\1==\2/p' pyproject.toml
LOWEST_TESTS := $(addprefix tests/test_,cli.py configfile.py gen_pages.py reader_c.py reader_c_positions.py \
    reader_python.py reader_python_places.py release.py report_text.py resolve_tables.py rewrite.py tabs_cli.py tabs_fix.py)

# The oldest Python too, where there is one.
LOWEST_PYTHON = $(shell python3.10 -c 'print("python3.10")' 2>/dev/null || echo $(PYTHON))

test-lowest:  ## Run a share of the tests with the lowest version of every dependency
	rm -rf .venv-lowest
	$(LOWEST_PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip --disable-pip-version-check -q install --editable . hypothesis pytest pytest-xdist \
	    jsonschema $$($(LOWEST))
	.venv-lowest/bin/python -m pytest -q -n auto $(LOWEST_TESTS)

lint: $(READY)  ## ruff, mypy --strict over the installed package, our own annotation check and tab rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@rm -rf $(CHECKED) build
	@$(PIP) install --no-deps --target $(CHECKED) .
	MYPYPATH=$(CHECKED) $(BIN)/mypy --strict --python-executable $(BIN)/python \
	    -p hvsupport.annotate -p hvsupport.gen -p hvsupport.templates
	cd docs/example && ../../$(BIN)/mypy --strict -p hypervisor -p faults -p conformance
	$(BIN)/hvsupport check
	$(BIN)/hvsupport tabs

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-browser: $(READY)  ## Run the tests that drive Chromium (Debian: chromium-headless-shell, or chromium)
	HVSUPPORT_REQUIRE_BROWSER=1 $(BIN)/python -m pytest -q tests/browser

# What takes longest begins first.
test-real: $(READY)  ## Run the tool on trees that nobody here wrote (downloads them once)
	$(BIN)/python -m pytest -q -rs -n auto --dist loadfile --no-loadscope-reorder tests/real/test_tabs.py \
	    tests/real/test_at_length.py tests/real --ignore=tests/real/test_faults.py
	$(BIN)/python -m pytest -q -rs -n auto --dist worksteal tests/real/test_faults.py tests/heavy tests/fuzz

fuzz: $(READY)  ## Search for inputs that break a property: make fuzz MINUTES=10 SUBJECTS="c tabs" (Linux)
	@$(PIP) install atheris
	$(BIN)/python tests/fuzz --minutes $(or $(MINUTES),10) $(SUBJECTS)

bench: $(READY)  ## Measure speed and memory, as ratios in one run; some of it: make bench PARTS="nova libvirt"
	$(BIN)/python tests/bench $(PARTS)

gallery: $(READY)  ## Build sites of real trees into gallery/, and the pictures of README.md
	$(BIN)/python tools/gallery.py

reference: $(READY)  ## Rewrite the pages that are made from code (rules, command line, configuration, architecture), and diagrams
	$(BIN)/python -m hvsupport.annotate.cli.reference
	$(BIN)/python -m hvsupport.gen.diagrams
	$(BIN)/python docs/images/rooms.py
	$(BIN)/python docs/images/walk.py

dist: $(READY)  ## Build sdist and wheel into dist/; the same commit gives the same bytes
	$(BIN)/python tools/dist.py dist

release: $(READY)  ## Try a release: make release VERSION=X.Y.Z; with WRITE=1 keep its commit, tag and files
	@$(PIP) install --editable '.[release]'
	$(BIN)/python tools/release.py $(VERSION) $(if $(WRITE),--write)

clean:  ## Remove what was made
	rm -rf $(VENV) .venv-lowest $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache *.egg-info
