# All that is needed before is a clone, make, and Python 3.11 or newer with its venv module.
#
# Every target sets up .venv first, and again only when pyproject.toml or requirements.lock have changed. pip reads its
# own settings as ever (pip.conf, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL). On Linux the usual registry's torch is the CUDA
# build, which brings gigabytes that Annuncio does not use; point PIP_EXTRA_INDEX_URL at PyTorch's CPU index (the
# Dockerfile names it), and pip takes the CPU build of the same pinned version.

PYTHON ?= python3
READY := .venv/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# In CI: no progress bars, and of pip nothing but what goes wrong.
PIP_OPTIONS := $(if $(CI),--quiet --progress-bar off)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test lint bench broadcast soak gate eval lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY)  ## install all that the bot and its development need into .venv
	@echo 'Ready: make run starts the bot.'

run: $(READY)  ## start the bot: on Telegram if .env holds a token, else here (ARGS="--data-dir DIR" is passed on)
	@.venv/bin/annuncio run $(ARGS)

test: $(READY)  ## run the whole test suite (ARGS="-k word" is passed on to pytest)
	@.venv/bin/python -m pytest $(ARGS)

lint: $(READY)  ## check style, types, the direction of imports and the Dockerfile
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/hadolint Dockerfile

bench: $(READY)  ## time answers and measure memory (ARGS="--questions 300" is passed on)
	@.venv/bin/python -m benchmarks.answering $(ARGS)

broadcast: $(READY)  ## announce to 50,000 simulated subscribers, also with faults and kill -9 (ARGS="--subscribers 3000")
	@.venv/bin/python -m benchmarks.broadcast $(ARGS)

soak: $(READY)  ## an hour of mixed traffic in five minutes: does the bot hold no more than it needs?
	@.venv/bin/python -m benchmarks.soak $(ARGS)

gate: $(READY)  ## train the gate anew: make gate QA=questions.json (ARGS="--dry-run" is passed on)
	$(if $(wildcard $(QA)),,$(error QA names no file ("$(QA)"): give the questions to train on, as in make gate QA=qa_dev.json))
	@.venv/bin/python -m benchmarks.gate --qa '$(QA)' $(ARGS)

eval: $(READY)  ## measure how often the bot is right: make eval QA=questions.json (ARGS="--sample 40" is passed on)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	.venv/bin/annuncio eval $(if $(QA),--qa '$(QA)') --questions benchmarks/questions/announcement.eval.jsonl \
	    --data-dir "$$folder" --report docs/evaluation $(ARGS)
	$(if $(QA),@.venv/bin/python -m benchmarks.ablation --qa '$(QA)' --sample 40 --report docs/evaluation)

lock:  ## resolve all dependencies anew and write requirements.lock
	$(check_python)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder/venv" && \
	"$$folder/venv/bin/python" -m pip install $(PIP_OPTIONS) -e '.[dev]' && \
	"$$folder/venv/bin/python" -m pip freeze --exclude-editable > "$$folder/all" && \
	echo "# Made by make lock: a constraints file for pip, as in pip install -c requirements.lock -e '.[dev]'" \
	    > "$$folder/lock" && \
	sed -e 's/+.*//' -e '/^nvidia-/d' -e '/^cuda-/d' -e '/^triton==/d' -e '/^setuptools==/d' -e '/^wheel==/d' \
	    "$$folder/all" >> "$$folder/lock" && \
	cp "$$folder/lock" requirements.lock

clean:  ## remove .venv and what the tools leave behind (data/ and .env stay)
	rm -rf .venv *.egg-info build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find bot corpus index tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml requirements.lock
	$(check_python)
	@if [ -e $@ ]; then echo 'Bringing .venv up to date with pyproject.toml and requirements.lock ...' >&2; else \
	echo 'Setting up .venv: a few minutes, once. About 2 GB; more if torch comes as the CUDA build, see Makefile.' >&2; fi
	@$(PYTHON) -m venv .venv >&2
	@.venv/bin/python -m pip install $(PIP_OPTIONS) $(if $(wildcard $@),--quiet) -c requirements.lock -e '.[dev]' >&2
	@touch $@

define check_python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
echo "Annuncio needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo 'not there');" \
"name another: make PYTHON=python3.12 $(firstword $(MAKECMDGOALS))" >&2; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
echo "$(PYTHON) has no venv module; on Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
endef
