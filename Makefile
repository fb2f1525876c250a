# `make` alone lists the commands.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8050
HOST ?= 127.0.0.1
VENV := .venv
RUN := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help assets run serve trainers test reproduce lint fuzz bench bench-browser bench-serve docs export screenshots setup setup-dev browser redis

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try make PYTHON=python3.12")'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the application runs on ..."
	@$(RUN) -m pip install --quiet --no-input --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	@$(RUN) -m pip install --quiet --no-input --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.runtime ## install what the application runs on, into .venv

setup-dev: $(VENV)/.development ## the same, and what the tests need

run: setup ## start the application and print its address
	@echo "Gradient Flow Lab is at http://$(HOST):$(PORT)/"
	@HOST=$(HOST) PORT=$(PORT) WORKERS=1 exec $(RUN) -m app --log-level warning

serve: setup ## serve it with a web worker and a trainer per core (HOST, PORT, WORKERS, TRAINERS, REDIS_URL)
	@HOST=$(HOST) PORT=$(PORT) LOG_REQUESTS=$${LOG_REQUESTS-1} exec $(RUN) -m app

trainers: setup ## trainers alone, for the runs of other machines (REDIS_URL, TRAINERS)
	@exec $(RUN) -m app.runs

assets: setup ## the smaller Plotly by npm, and every script compressed ahead
	@npm ci --ignore-scripts --no-audit --no-fund
	@$(RUN) -m app.assets

lint: setup-dev ## ruff, mypy, the one-way imports
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check . && $(RUN) -m mypy && $(VENV)/bin/lint-imports

test: setup-dev browser redis lint ## every check there is, a real browser included
	@$(RUN) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

reproduce: setup-dev ## the published training experiments on many seeds, some minutes
	@OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest tests/reproduce/reproduce.py

fuzz: setup-dev ## 20,000 hostile requests: no error of the program, nothing of the user's as HTML
	@OPENBLAS_NUM_THREADS=1 $(RUN) -m tests.fuzz

browser: ## install Chromium (Debian's package) if there is none
	@command -v chromium >/dev/null || { echo "Installing Chromium ..."; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

redis: ## install a Redis server (Debian's package) if there is none, for the tests
	@command -v redis-server >/dev/null || { echo "Installing Redis ..."; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null; }

bench: setup-dev ## the performance figures of the README
	@$(RUN) -m benchmarks.propagate
	@$(RUN) -m benchmarks.training

bench-browser: setup-dev browser ## frames a second in a drag, beside a plain Dash page
	@$(RUN) -m benchmarks.browser

export: setup ## an offline HTML file with sliders (PART=backward, forward or heatmap, QUERY=what stands after ? in the lab, OUT)
	@$(RUN) -m app.export "$(or $(PART),backward)" "$(QUERY)" "$(or $(OUT),gradient-flow.html)"

bench-serve: setup-dev ## how many can drag at once, over loopback (SOAK=20 goes on for so many minutes and watches the memory)
	@$(RUN) -m benchmarks.serve $(SOAK)

docs: setup ## write docs/reference.md anew from the registries, docs/licences.md from the packages
	@$(RUN) -m docs.generate
	@$(RUN) -m docs.licences

screenshots: setup-dev browser ## pictures of the page, light, dark, wide and narrow, into screenshots/
	@$(RUN) -m tests.browser.screenshots
