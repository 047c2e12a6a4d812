# What people type. `make help` lists it; `.venv` makes itself.
STACK ?= dev
PYTHON ?= python3
RUN := .venv/bin/python
STAMP := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help preview test verify acceptance cluster tools policy charts images check format docs bench up clean

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | expand -t 10

preview: $(STAMP)  ## Show the whole plan of a stack (STACK=dev), with its checks; files in build/<stack>
	@$(RUN) -m preview $(STACK)

test: $(STAMP)  ## Run the quick tests
	@$(RUN) -m pytest -q --ignore=tests/engine --ignore=tests/cluster --ignore=tests/acceptance

verify: $(STAMP)  ## Run the tests on real engines, without containers (after `make tools`)
	@$(RUN) -m pytest -q tests/engine tests/cluster

acceptance: $(STAMP)  ## Run a whole life of both stacks on the cluster in KUBECONFIG, with real charts and providers
	@$(RUN) -m pytest -q -rs tests/acceptance

cluster: $(STAMP)  ## Start a local control plane without containers, print its KUBECONFIG, stay until interrupted
	@$(RUN) -m tests.cluster

tools: $(STAMP)  ## Make the pinned tools that tests use, in .tools/bin (TOOLS="promtool helm")
	@$(RUN) -m tools $(TOOLS)

charts: $(STAMP)  ## Download the pinned charts, so that the preview renders them (DIR=... for a mirror)
	@$(RUN) -m preview charts $(DIR)

images: $(STAMP)  ## List every image of a stack (STACK=dev)
	@$(RUN) -m preview images $(STACK)

policy: policy/.venv/installed  ## Make the environment of the policy pack: pulumi preview --policy-pack policy

policy/.venv/installed: policy/requirements.txt
	@$(PYTHON) -m venv policy/.venv
	@policy/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

check: $(STAMP)  ## Run ruff, formatting and mypy --strict
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy

format: $(STAMP)  ## Put the code into its form
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format

docs: $(STAMP)  ## Write what is generated: docs/settings.schema.json, docs/settings.md
	@$(RUN) docs/generate.py

bench: $(STAMP)  ## Measure the preview against the bare SDK
	@$(RUN) benchmarks/preview.py

up: $(STAMP)  ## Bring a stack up (needs the Pulumi CLI and a cluster)
	@command -v pulumi >/dev/null || { echo "pulumi is not on PATH: install the Pulumi CLI, see README.md"; exit 1; }
	@pulumi up --stack $(STACK)

clean:  ## Remove what was made, but for .tools: .venv, build and caches
	@rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.x"; exit 1; }
	@echo "Making .venv, once (about 20 s) ..."
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: install it (Debian: apt install python3-venv)"; exit 1; }
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
