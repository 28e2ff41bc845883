# make run    check the pack, prove its cases on the embedded engines, compile it to dist/
# make test   lint, types and all tests
# make fuzz   100,000 random rules on random logs: the reference evaluator against DuckDB, SQLite and both ways of a hunt; an hour on two cores
# make fuzz-readers  broken and hostile logs and packs, ten minutes of them
# make hardness  hostile logs, large ones among them; five minutes and 1 GB of room
# make bench  how fast a hunt is, as ratios
# make noise  how many alerts a month of ordinary work makes, into docs/noise.md and .json; a quarter of an hour on two cores
# make docs   the pages that are generated
# make release  the wheel and the archive to hand out, in release/
# make pins   the versions and hashes that CI, the action and a release install, into locks/; needs uv and the network
# make locked  .venv made from locks/all.txt, each file held to its hash
# make advisories FILE=all.zip  what is pinned against a file of advisories in OSV format; without the network
# make logs   the logs of the incidents

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
UV ?= uv
COMPILE := $(UV) pip compile pyproject.toml --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url

.PHONY: run test fuzz fuzz-readers hardness bench noise docs release pins locked advisories logs clean

run: $(STAMP)
	@$(BIN)/casetrail run -o dist

test: $(STAMP)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -n auto

fuzz: $(STAMP)
	@CASETRAIL_FUZZ=100000 $(BIN)/pytest -n auto tests/engines/test_differential.py tests/oracle/test_sqlite.py tests/hunt/test_ways.py

fuzz-readers: $(STAMP)
	@$(BIN)/python -m tests.hardness.fuzz --seconds 600

hardness: $(STAMP)
	@$(BIN)/python -m tests.hardness.logs

bench: $(STAMP)
	@$(BIN)/python bench/hunt.py

noise: $(STAMP)
	@$(BIN)/python studies/noise.py --markdown docs/noise.md --json > docs/noise.json

docs: $(STAMP)
	@$(BIN)/python -m casetrail.check.lints > docs/lints.md
	@$(BIN)/python -m tests.languages.side_by_side > docs/languages.md
	@$(BIN)/python -m casetrail.cli.show.page > docs/cli.md
	@$(BIN)/python -m casetrail.pages docs

release: $(STAMP)
	@rm -rf release && $(BIN)/python -m hatchling build -t wheel -d release > /dev/null
	@$(BIN)/casetrail release -o release --wheel release/*.whl

pins:
	@$(COMPILE) --all-extras --group test --group lint --group build --output-file locks/all.txt
	@$(COMPILE) --group build --constraint locks/all.txt --output-file locks/run.txt

locked:
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/all.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

advisories: $(STAMP)
	@$(BIN)/python makers/advisories.py $(FILE)

logs: $(STAMP)
	@$(BIN)/python makers/incidents/make.py

clean:
	rm -rf .venv dist build release .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("casetrail needs Python 3.11 or later; set PYTHON=")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . --group test --group lint
	@touch $(STAMP)
