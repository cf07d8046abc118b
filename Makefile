# Two commands matter: `make run` starts everything, `make test` says whether a change may be trusted.

PYTHON ?= python3
BIN := .venv/bin
QUICK := not models and not browser and not postgres and not large and not broker
JOBS ?= 2

.PHONY: setup run test bench bill requirements

setup: .venv/ready

# With uv from uv.lock; without it Python's own venv and pip from requirements-dev.txt, which is exported from uv.lock.
.venv/ready: uv.lock requirements-dev.txt
	@if command -v uv >/dev/null; then \
	  uv sync --frozen --quiet; \
	elif $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "Installing into .venv: once, a few minutes."; \
	  $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --disable-pip-version-check --use-pep517 -r requirements-dev.txt; \
	else \
	  echo "This Python can make no environment. As root: apt install python3-venv  (or install uv). Then again." >&2; \
	  exit 1; \
	fi
	@touch $@

run: setup
	@exec $(BIN)/python -m backoffice.run

test: setup
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m tests.production check --deploy --fail-level WARNING
	$(BIN)/pytest -q -n $(JOBS) -m "$(QUICK)"

bench: setup
	$(BIN)/python -m benchmarks

# Bill of materials (CycloneDX) and licences, into var/bill; fails at a licence that does not fit.
bill: setup
	$(BIN)/python .ci/bill.py

# After a change of pyproject.toml: the lock first, then the same versions for plain pip.
requirements:
	uv lock
	uv export --quiet --frozen --no-hashes --no-annotate --no-dev -o requirements.txt
	uv export --quiet --frozen --no-hashes --no-annotate -o requirements-dev.txt
