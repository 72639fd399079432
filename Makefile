# run · test · lint · bench · soak · lock: each sets up what it needs (see .ci/setup)
PYTHON := .venv/bin/python
CONFIG ?= config/laptop.toml
# Bytecode is kept beside the sources, whatever the environment says: each of a hundred gates that tests start would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install uninstall help run test lint format bench soak rig guide lock clean
help:
	@echo "make run     a whole gate and a head office on this machine (CONFIG=$(CONFIG))"
	@echo "make test    every test; make lint: ruff, mypy --strict, import-linter"
	@echo "make bench   measurements → build/bench.json; make soak: hours of traffic and faults"
	@echo "make install CONFIG=my-gate.toml   as a service (ARGS=--dry-run: only say what would be done); make uninstall"
	@echo "make rig     the product on a virtual Raspberry Pi → build/rig.json, where that is at hand"
	@echo "make guide   the pictures of both guides → docs/guide.zh, docs/headoffice-guide.zh"

run:
	@sh .ci/setup run
	@exec $(PYTHON) -m edge run "$(CONFIG)"

# As a service on Raspberry Pi OS or Debian; again: an upgrade. ARGS: --dry-run, --with-headoffice, --headoffice.
install:
	@sh systemd/install $(if $(filter command% environment%,$(origin CONFIG)),--config "$(CONFIG)") $(ARGS)

uninstall:
	@sh systemd/install --remove $(ARGS)

# What fails beside other tests, on two cores that they share, is tried once more without them, with more patience: it fails the run if it fails there too.
tested = $(PYTHON) -m pytest $(1) $(ARGS) || [ $$? -eq 5 ] || { echo "→ once more, alone: what has failed"; PATIENCE=3 $(PYTHON) -m pytest --last-failed --last-failed-no-failures none $(ARGS); }

test:
	@sh .ci/setup test
	$(call tested,-n 4 --dist loadfile --no-loadscope-reorder -m "not alone and not campaign")
	$(call tested,-n 2 --dist worksteal -m alone)

lint:
	@sh .ci/setup lint
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"

format:
	@sh .ci/setup lint
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench:
	@sh .ci/setup test
	$(PYTHON) -m pytest -q -m campaign
	$(PYTHON) -m tests.bench $(ARGS)

soak:
	@sh .ci/setup test
	$(PYTHON) -m tests.soak_serial 5
	$(PYTHON) tests/soak.py $(ARGS)

# The product unchanged on the virtual Raspberry Pi of ../shared/rig (QEMU, half an hour); says so and skips where it is absent.
rig:
	@sh .ci/setup test
	@$(PYTHON) -m tests.rig $(ARGS)

# Plays every situation on a real gate and head office in Chromium and takes the pictures of docs/guide.zh and docs/headoffice-guide.zh; ARGS="goods office-find": only these pages.
guide:
	@sh .ci/setup test
	@$(PYTHON) -m tests.guide $(ARGS)

# The pins of every package for both kinds of machine, with hashes and no index addresses.
lock:
	@sh .ci/setup lint
	$(PYTHON) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml -o requirements.lock
	$(PYTHON) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock --group test --group lint pyproject.toml -o requirements-dev.lock
	$(PYTHON) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q --no-deps --group models -o requirements-models.lock

clean:
	rm -rf .venv build var .pytest_cache .mypy_cache .ruff_cache .hypothesis
