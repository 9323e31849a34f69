# Everything runs in a virtual environment of its own, made on first use.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

.PHONY: verify test bench

# Check every protocol in spec/, each of its faults, and the recorded counterexamples.
verify: $(READY)
	$(VENV)/bin/checker verify

# The whole test suite.
test: $(READY)
	$(VENV)/bin/python -m pytest -n 3 --dist worksteal -rs --durations=25

# The checker beside TLC and SPIN, in one table; ROWS and REPEAT narrow it down.
REPEAT ?= 5
bench: $(READY)
	$(VENV)/bin/python -m tests.bench --repeat $(REPEAT) $(ROWS)

$(READY): pyproject.toml
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --editable '.[test]'
	@# What only comparisons with other tools need: without it their tests are skipped.
	$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --editable '.[peers]' \
	    || echo 'no TLC: comparisons with it will be skipped' >&2
	touch $@
