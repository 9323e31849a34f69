# Everything runs in a virtual environment of its own, made on first use.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

.PHONY: verify test

# Check every protocol in spec/, each of its faults, and the recorded counterexamples.
verify: $(READY)
	$(VENV)/bin/checker verify

# The whole test suite.
test: $(READY)
	$(VENV)/bin/python -m pytest -n 2 --dist worksteal

$(READY): pyproject.toml
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --editable '.[test]'
	touch $@
