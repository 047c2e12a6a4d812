# What people type. `make help` lists it; `.venv` makes itself.
STACK ?= dev
BASE ?= origin/main
SCENARIO ?= normal
PYTHON ?= python3
RUN := .venv/bin/python
STAMP := .venv/installed
PYTEST := $(RUN) -m pytest -q
# In the order in which workers take them: those that last longest come first.
ENGINES := tests/traces tests/engine tests/cluster tests/telemetry/services tests/elastic tests/live

# Where this is set, every run would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help preview demo test verify acceptance cluster tools policy charts images diff check format docs contract pictures bench up clean

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | expand -t 10

preview: $(STAMP)  ## Show the whole plan of a stack (STACK=dev), with its checks; files in build/<stack>
	@$(RUN) -m preview $(STACK)

demo: $(STAMP)  ## Run an ERP that is watched, with visitors, on localhost:8000 (SCENARIO=errors)
	@mkdir -p build
	@PYTHONPATH=telemetry/src:telemetry/demo $(RUN) -m neuroerp_demo --scenario $(SCENARIO) --log-file build/demo.log

test: $(STAMP)  ## Run the quick tests
	@$(PYTEST) -n auto --ignore=tests/acceptance $(ENGINES:%=--ignore=%)

verify: $(STAMP)  ## Run the tests on real engines, without containers (after `make tools`)
	@$(PYTEST) -n 4 --no-loadscope-reorder $(ENGINES)

acceptance: $(STAMP)  ## Run a whole life of both stacks on the cluster in KUBECONFIG, with real charts and providers
	@$(PYTEST) -rs tests/acceptance

cluster: $(STAMP)  ## Start a local control plane without containers, print its KUBECONFIG, stay until interrupted
	@$(RUN) -m tests.cluster

tools: $(STAMP)  ## Make the pinned tools that tests use, in .tools/bin (TOOLS="promtool helm")
	@$(RUN) -m tools $(TOOLS)

charts: $(STAMP)  ## Download the pinned charts, so that the preview renders them (DIR=... for a mirror)
	@$(RUN) -m preview charts $(DIR)

images: $(STAMP)  ## List every image of a stack (STACK=dev)
	@$(RUN) -m preview images $(STACK)

diff: $(STAMP)  ## Say what changes in each environment since a revision (BASE=origin/main); all of it in build/diff.md
	@$(RUN) -m preview diff '$(BASE)'

policy: policy/.venv/installed  ## Make the environment of the policy pack: pulumi preview --policy-pack policy

policy/.venv/installed: policy/requirements.txt
	@$(PYTHON) -m venv policy/.venv
	@policy/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

check: $(STAMP)  ## Run ruff, formatting, mypy --strict, and actionlint (needs Go) and zizmor on the workflows
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy
	@.venv/bin/zizmor --offline --quiet --strict-collection --persona auditor .github/workflows
	@$(RUN) -m tools actionlint
	@PATH=".tools/bin:$$PATH" actionlint -shellcheck= -pyflakes= .github/workflows/*.yml

format: $(STAMP)  ## Put the code into its form
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format

docs: $(STAMP)  ## Write what is generated: docs/settings.schema.json, docs/settings.md
	@$(RUN) docs/generate.py

contract: $(STAMP)  ## Print every metric and log field, who emits it and who uses it; also build/contract.html
	@PYTHONPATH=telemetry/src $(RUN) -m tests.contract

pictures: $(STAMP)  ## Draw the dashboards from live data, into docs/dashboards (after `make tools`)
	@PYTHONPATH=telemetry/src $(RUN) -m tests.live.pictures

bench: $(STAMP)  ## Measure the preview against the bare SDK, and the telemetry package against plain instrumentation
	@$(RUN) benchmarks/preview.py
	@PYTHONPATH=telemetry/src $(RUN) benchmarks/telemetry.py

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
