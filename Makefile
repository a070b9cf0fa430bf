# Targets for people; the workflow itself is run with Snakemake. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
PIP_FLAGS := --disable-pip-version-check --progress-bar off --no-compile
# Modules of .venv that hardly a job imports.
NOT_COMPILED := /(tests?|testing|examples|plotly|_inductor|pip|setuptools|timm|huggingface_hub|fontTools|Cython|IPython)/
DEMO := results/demo
SOURCES := workflow tests benchmarks docs
DEMO_FLAGS := --configfile config/demo.yaml --cores all
# Two processes with a core each, which keep what Python compiles of the sources for those that they start.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest
# What docs/draw_pictures.py reads.
CIFAR := results/cifar10_cpu
PICTURED := $(CIFAR)/similarity/resnet18_a/layers.npz $(CIFAR)/mapper/resnet18_a/seed0/random/layer16.json

.DEFAULT_GOAL := help
# Targets install into one .venv, and what they start uses all cores itself.
.NOTPARALLEL:
.PHONY: help env demo report prune test pytest test-faults test-cluster lint format docs pictures clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

env: .venv/ready  ## create .venv with what the workflow needs (6 GB)

.venv/ready: requirements.txt
	$(call install,$<)
	@touch $@

.venv/ready-dev: requirements-dev.txt requirements.txt
	$(call install,$<)
	@touch .venv/ready $@

define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in [(3, 11), (3, 12)])' || \
	  { echo "Python 3.11 or 3.12 is needed; name it with: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install $(PIP_FLAGS) -r $(1)
	# On all cores; pip compiles on one. Modules that nobody imports may be of another version of Python. Where Python is
	# told to write no compiled modules, as in many containers, each job would else compile what it imports.
	-$(BIN)/python -m compileall -q -j 0 -x '$(NOT_COMPILED)' .venv/lib
endef

demo: .venv/ready  ## run the whole workflow on handwritten digits
	$(BIN)/snakemake $(DEMO_FLAGS)
	@test -e $(DEMO)/report.html -a -z "$$(find $(DEMO)/figures $(DEMO)/summary.json -newer $(DEMO)/report.html)" || \
	  $(BIN)/python workflow/scripts/write_report.py config/demo.yaml > /dev/null
	@echo "report:  $(DEMO)/report.html"
	@echo "explorer: $(DEMO)/explorer.html"
	@echo "figures: $(DEMO)/figures"
	@echo "summary: $(DEMO)/summary.json"

# Of a run with Snakemake's --directory, give DIRECTORY too.
IN_DIRECTORY = $(if $(DIRECTORY),--directory "$(DIRECTORY)")

report: .venv/ready  ## make the report of a finished run: make report CONFIG=mine.yaml
	$(BIN)/python workflow/scripts/write_report.py $(CONFIG) $(IN_DIRECTORY)

prune: .venv/ready  ## list files of a run that its config no longer asks for, and ask: make prune CONFIG=mine.yaml
	$(BIN)/python workflow/scripts/prune.py $(if $(CONFIG),--configfile $(CONFIG)) $(IN_DIRECTORY)

test: lint pytest  ## style and tests

pytest: .venv/ready-dev
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder --durations 20

test-faults: .venv/ready-dev  ## all fault cases with their count, kills of whole runs among them (minutes)
	$(PYTEST) tests/faults -m "slow or not slow" -n 2 --dist loadfile -rs

test-cluster: .venv/ready-dev  ## the workflow on a SLURM of one node, which apt-get installs if it must, as root (minutes)
	$(BIN)/python -m pytest tests/cluster -rs --durations 10

lint: .venv/ready-dev  ## check style: ruff, snakefmt, snakemake --lint
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --configfile config/demo.yaml --lint

format: .venv/ready-dev  ## bring the sources into style
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/snakefmt Snakefile workflow/rules

docs: .venv/ready-dev  ## write the generated pages and what a module needs, and the documentation as a site in site/
	$(BIN)/python docs/describe_config.py > config/README.md
	$(BIN)/python docs/describe_reruns.py > docs/code_reruns.md
	$(BIN)/python docs/describe_key_reruns.py > docs/reruns.md
	$(BIN)/python docs/list_files.py > workflow/scripts/files.txt
	$(BIN)/python docs/write_module.py > workflow/Snakefile
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site: site/index.html"

pictures: .venv/ready  ## draw the pictures of README.md from CIFAR-10: make pictures CONFIG=mine.yaml, with data.root
	$(BIN)/snakemake --configfile config/cifar10_cpu.yaml $(CONFIG) --cores all -- $(PICTURED)
	$(BIN)/python docs/draw_pictures.py $(CIFAR)

clean:  ## remove the demo's results, the site and caches, keep .venv and other runs
	rm -rf $(DEMO) site .pytest_cache .ruff_cache .hypothesis
	find workflow tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
