# run · test · check · bench · torture · postfix · units · year · privacy · fuzz · pictures · report-pictures · dashboard: everything else is an operator's business (docs/), or CI's (.ci/run calls these).
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 6

.PHONY: run test check bench torture postfix units year privacy fuzz pictures report-pictures dashboard deb package-test setup clean

setup: $(READY)

$(READY): requirements.lock setup.cfg pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing; install Python 3.11 or newer (Debian: apt install python3 python3-venv)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $$($(PYTHON) --version) is too old; install Python 3.11 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: Python's venv is missing; install it (Debian: apt install python3-venv)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# At a terminal a prompt to text and answer at; otherwise a first day is played, printed, and over.
run: $(READY)
	@if [ -t 0 ]; then exec $(BIN)/smsd demo; else exec $(BIN)/smsd demo --script examples/first-day.toml; fi

test: $(READY)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=90

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_docs.py
	$(BIN)/python scripts/check_faults.py
	$(BIN)/python scripts/check_units.py

bench: $(READY)
	$(BIN)/python bench/intake.py

# Minutes; `make torture ARGS="--kills 200 --sms 3000 ..."`, see docs/guarantees.md.
torture: $(READY)
	$(BIN)/python -m bench.torture $(ARGS)

# Two minutes or three; needs root and Postfix (apt install postfix), see docs/mail.md. ARGS="--lmtp tcp" for LMTP over TCP.
postfix: $(READY)
	$(BIN)/python -m bench.postfix $(ARGS)

# A minute or two; needs root, systemd and PostgreSQL (apt install systemd postgresql): the units under a systemd of their own.
units: $(READY)
	$(BIN)/python -m bench.units

# A year of one district in simulated time, against another calculation of every deadline.
year: $(READY)
	$(BIN)/python -m bench.year $(ARGS)

# A thousand citizens, and then a search for their numbers and words in all that is left behind. Minutes.
privacy: $(READY)
	$(BIN)/python -m bench.privacy $(ARGS)

# make fuzz ARGS="--target sms --seed 3 --workers 2"
fuzz: $(READY)
	$(BIN)/python bench/fuzz.py $(ARGS)

# The mails as a browser shows them, and smsd top, into docs/images/; all kinds to look at: make pictures ARGS="--all /tmp/mails"
pictures: $(READY)
	$(BIN)/python scripts/draw_mails.py $(ARGS)
	$(BIN)/python scripts/draw_top.py

# The report on a simulated year as a browser shows it, into docs/images/; minutes, or ARGS="--year FOLDER" of an earlier make year
report-pictures: $(READY)
	$(BIN)/python -m scripts.draw_report $(ARGS)

# dist/smsd_<version>_<arch>.deb of what is committed; needs dpkg-dev, debhelper, fakeroot and python3-venv, see docs/install.md.
deb: $(READY)
	$(BIN)/python scripts/build_deb.py $(ARGS)

# The package on a clean Debian 12: installed, set up, served, upgraded, removed. Ten minutes; needs root and debootstrap.
package-test: $(READY)
	$(BIN)/python -m bench.package $(ARGS)

# Five minutes; needs Prometheus and a browser (apt install prometheus chromium), see docs/monitoring.md.
dashboard: $(READY)
	PYTHONPATH=. $(BIN)/python scripts/draw_dashboard.py $(ARGS)

clean:
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .ruff_cache
