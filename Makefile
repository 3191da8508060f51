# Everything a user or CI runs. Environments are built from the locks under requirements/ when they change.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
# Where it is set, each of the many processes would compile thousands of modules anew: seconds for every server.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3.11
PYTHON313 ?= python3.13
UV_VERSION := 0.13.8

# Whoever sets a variable on the command line may not name other folders by it: a rule below removes them.
override PY := .venv/bin/python
override WILDRYDES := .venv/bin/wildrydes
# Four workers on two cores: the end-to-end tests wait half of their time for what runs elsewhere.
override TEST := $(PY) -m pytest -n 4 --dist loadfile --no-loadscope-reorder
override UV := .venv/bin/uv
override REFERENCE := PYTHONPATH=.:functions $(PY) -W ignore -m docs.site.reference
COMPILE = $(UV) pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet

override DEV := .venv/.installed
override FUNCTIONS := .venvs/lambda/.installed
override RUNTIME := .venvs/runtime/.installed
override CONTAINERS := .venvs/algorithms/.installed
override CHECKS := .venvs/checks/.installed
override DOCS := .venvs/docs/.installed
override SAM := .venvs/sam/.installed
override COSMIC_RAY := .venvs/mutants/.installed
override PEERS := .venvs/peers/.installed
override EVIDENTLY := .venvs/evidently/.installed
override EMULATED := ministack moto localemu
override EMULATORS := $(EMULATED:%=.venvs/%/.installed)

# What the workflow's input takes. OPTIONS= hands on any other option: `make retrain OPTIONS="--force --no-promote"`.
INPUT = $(if $(TASK),--task "$(TASK)") $(if $(TARGET),--target "$(TARGET)") $(if $(FEATURES),--features "$(FEATURES)") \
  $(if $(ALGORITHMS),--algorithms "$(ALGORITHMS)") $(if $(TUNING),--tuning '$(TUNING)') $(if $(SERVING),--serving "$(SERVING)") \
  $(if $(YEARS),--years "$(YEARS)") $(if $(CHUNK_BYTES),--chunk-bytes "$(CHUNK_BYTES)") \
  $(if $(MAX_REJECTED_FRACTION),--max-rejected-fraction "$(MAX_REJECTED_FRACTION)") $(OPTIONS)

.PHONY: help setup run up status retrain watch console redrive try logs ask stream publish query replay invoke models report pricing edge \
  leaderboard monitor cost dashboard iam deploy destroy explain notebook rollback down test proofs loop faults workshop transitions applications conformance fuzz races mutants grants check build bench load evidently page render data docs lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(DEV) $(FUNCTIONS) $(CONTAINERS) ## install the locked dependencies into .venv and .venvs

run: setup ## retrain once: RIDES= WEATHER= WEATHER_UNITS= SAMPLES= TASK= ALGORITHMS= TUNING= (JSON) SERVING= FEATURES= YEARS= CHUNK_BYTES= MAX_REJECTED_FRACTION= OPTIONS=
	@$(if $(PORT),echo "run takes no PORT=: its own server has a free port; where the one of make up PORT=... runs it takes that" >&2; exit 2)
	@$(WILDRYDES) run $(if $(RIDES),--rides "$(RIDES)") $(if $(WEATHER),--weather "$(WEATHER)") \
	  $(if $(WEATHER_UNITS),--weather-units "$(WEATHER_UNITS)") $(if $(SAMPLES),--samples "$(SAMPLES)") $(INPUT)

up: setup $(if $(TEMPLATE),$(SAM)) ## keep the embedded AWS running, the stack deployed: PORT= WEATHER= WEATHER_UNITS= KEEP=1 (save its state) TEMPLATE= (another project's) OPTIONS=
	@$(WILDRYDES) up $(if $(TEMPLATE),--template "$(TEMPLATE)") $(if $(PORT),--port "$(PORT)") $(if $(KEEP),--keep) $(if $(WEATHER),--weather "$(WEATHER)") \
	  $(if $(WEATHER_UNITS),--weather-units "$(WEATHER_UNITS)") $(OPTIONS)

status: setup ## show what `make up` started: endpoint, champions, executions, queues
	@$(WILDRYDES) status $(OPTIONS)

retrain: setup ## start the workflow on it and follow: RIDES= SAMPLES= TASK= ALGORITHMS= TUNING= (JSON) SERVING= FEATURES= YEARS= OPTIONS= (--force, …)
	@$(if $(WEATHER),echo "retrain takes no WEATHER=: make run WEATHER=... puts it on the server of make up" >&2; exit 2)
	@$(WILDRYDES) retrain $(if $(RIDES),--rides "$(RIDES)") $(if $(SAMPLES),--samples "$(SAMPLES)") $(INPUT)

watch: setup ## follow an execution, by default the newest: EXECUTION=
	@$(WILDRYDES) watch $(OPTIONS) $(if $(EXECUTION),"$(EXECUTION)")

redrive: setup ## let an execution go on where it failed, by default the last that failed: EXECUTION= TASK= OPTIONS=
	@$(WILDRYDES) redrive $(if $(TASK),--task "$(TASK)") $(OPTIONS) $(if $(EXECUTION),"$(EXECUTION)")

logs: setup ## print the end of the logs: NAME= (a function's folder, or training) OPTIONS=
	@$(WILDRYDES) logs $(OPTIONS) $(if $(NAME),"$(NAME)")

try: setup ## run one state again on its recorded input: STATE= EXECUTION= OPTIONS=
	@$(if $(STATE),,echo "try needs STATE=, the name of a state" >&2; exit 2)
	@$(WILDRYDES) try "$(STATE)" $(if $(EXECUTION),--from "$(EXECUTION)") $(OPTIONS)

ask: setup ## ask the API about one ride or sample: RIDE= (JSON) TASK=
	@$(WILDRYDES) ask $(if $(TASK),--task "$(TASK)") $(OPTIONS) $(if $(RIDE),'$(RIDE)')

stream: setup ## send rides one at a time to what `make up` started: RATE= RIDES=
	@$(WILDRYDES) stream $(if $(RIDES),--rides "$(RIDES)") $(if $(RATE),--rate "$(RATE)") $(OPTIONS)

publish: setup ## publish samples as a fulfilment centre does: SAMPLES= COUNT= RATE= OPTIONS= (--batch 100, …)
	@$(WILDRYDES) publish $(if $(SAMPLES),--samples "$(SAMPLES)") $(if $(COUNT),--count "$(COUNT)") \
	  $(if $(RATE),--rate "$(RATE)") $(OPTIONS)

query: setup ## ask Athena about rides, weather and samples: SQL= OPTIONS= (--json, …)
	@$(if $(SQL),,echo "query needs SQL=, a statement" >&2; exit 2)
	@$(WILDRYDES) query "$(SQL)" $(OPTIONS)

replay: setup ## send dead letters on their way again: OPTIONS=
	@$(WILDRYDES) replay $(OPTIONS)

invoke: setup ## call one function of what `make up` started: FUNCTION= EVENT=
	@$(WILDRYDES) invoke $(OPTIONS) "$(FUNCTION)" "$(EVENT)"

console: setup ## serve a page to see and steer the stack, or print the address of the one of `make up`: OPTIONS= (--aws, --port, …)
	@$(WILDRYDES) console $(OPTIONS)

models: setup ## list the champions, with their numbers, and why other models were not promoted: TASK=
	@$(WILDRYDES) models $(if $(TASK),--task "$(TASK)") $(OPTIONS)

dashboard: setup ## draw the stack's CloudWatch dashboard into build/dashboard.html: HOURS= (24)
	@$(WILDRYDES) dashboard $(if $(HOURS),--hours "$(HOURS)") $(OPTIONS)

report: setup ## draw a model, by default the champion, into build/report.html: TASK= MODEL= (an execution)
	@$(WILDRYDES) report $(if $(TASK),--task "$(TASK)") $(if $(MODEL),--model "$(MODEL)") $(OPTIONS)

pricing: setup ## say who pays too much and who too little by distance alone: MODEL= (an execution) OPTIONS=
	@$(WILDRYDES) pricing $(if $(MODEL),--model "$(MODEL)") $(OPTIONS)

edge: setup ## send rows whose truth is known to the API, and measure the models: TASK= RATE= FOR= (seconds) ROWS= (a CSV)
	@$(WILDRYDES) edge $(if $(TASK),--task "$(TASK)") $(if $(RATE),--rate "$(RATE)") $(if $(FOR),--for "$(FOR)") \
	  $(if $(ROWS),--rows "$(ROWS)") $(OPTIONS)

leaderboard: setup ## rank the models by what callers measured: TASK= OPTIONS=
	@$(WILDRYDES) leaderboard $(if $(TASK),--task "$(TASK)") $(OPTIONS)

monitor: setup ## look at a day's predictions, by default yesterday's: TASK= DATE= (YYYY-MM-DD) OPTIONS=
	@$(WILDRYDES) monitor $(if $(TASK),--task "$(TASK)") $(if $(DATE),--date "$(DATE)") $(OPTIONS)

cost: setup ## say what a month cost, or forecast one: OPTIONS="--rides 1000000 --requests 1000000"
	@$(WILDRYDES) cost $(OPTIONS)

deploy: setup $(if $(findstring --aws,$(OPTIONS)),$(SAM)) ## deploy a stack, or bring one up to date: STACK= OPTIONS= (--aws, --yes, …)
	@$(WILDRYDES) deploy $(if $(STACK),--stack "$(STACK)") $(OPTIONS)

destroy: setup ## remove a stack with its data and all that it leaves behind: STACK= OPTIONS= (--aws, --yes)
	@$(WILDRYDES) destroy $(if $(STACK),--stack "$(STACK)") $(OPTIONS)

explain: setup ## name what a model was made from, and train it again: TASK= MODEL= (an execution, or a card's file)
	@$(WILDRYDES) explain $(if $(TASK),--task "$(TASK)") $(OPTIONS) "$(MODEL)"

notebook: setup ## execute notebooks/explore.ipynb into build/explore.html
	@$(PY) notebooks/execute.py

rollback: setup ## make an earlier model the champion again: TASK= TO= (an execution)
	@$(WILDRYDES) rollback $(if $(TASK),--task "$(TASK)") $(if $(TO),--to "$(TO)") $(OPTIONS)

down: ## stop what `make up` started: FORGET=1 (remove the state that KEEP=1 has saved)
	@if test -x $(WILDRYDES); then $(WILDRYDES) down $(if $(FORGET),--forget); else echo "No embedded AWS of this clone is running."; fi

# In a new order each time, by a seed that pytest prints and SEED= gives again. tests/conftest.py orders the folders.
test: setup ## run the tests, all but the proofs, in a new order: SEED= for an earlier one, ARGS= for pytest
	$(TEST) -m "not proof and not loop and not faults and not workshop and not fuzz" $(if $(SEED),--randomly-seed=$(SEED)) $(ARGS)

# A worker fewer: several of them load a server on purpose, and a function has its ten seconds on any machine.
proofs: setup ## run the tests that take long, most of them on stacks of their own: failures, kills, load, views of the console; SEED=, ARGS= as for make test
	$(TEST) -n 3 -m "proof and not loop" $(if $(SEED),--randomly-seed=$(SEED)) $(ARGS)

loop: setup ## prove that the loop closes: drifts, uploads, every metric, a kill in each state; SEED=, ARGS= as for make test
	$(TEST) -m loop $(if $(SEED),--randomly-seed=$(SEED)) $(ARGS)

# One process, in the order of the file: the matrix runs executions side by side itself. It prints the matrix and writes it into build/,
# beside what earlier parts came to.
faults: setup ## inject faults at each Task and Map, into build/faults.json and build/faults.html: PART= (1/6), ARGS= for pytest
	$(PY) -m pytest -q -m faults --randomly-dont-reorganize tests/e2e/test_fault_matrix.py --fault-part $(or $(PART),1/6) $(ARGS)

# Each mode in a fresh clone, with the environments installed anew. The times are in build/workshop.json.
workshop: setup ## run every command of docs/workshop/ in fresh clones: ARGS= for pytest
	$(PY) -m pytest -q -m workshop --randomly-dont-reorganize tests/workshop $(ARGS)

# Every execution of the end-to-end tests counts; the page of `make faults` adds them to its own.
transitions: setup ## learn which transitions of the workflows the end-to-end tests go, for `make faults`: ARGS= for pytest
	@rm -rf build/transitions
	$(TEST) -m "not loop and not faults and not fuzz" tests/e2e --transitions build/transitions $(ARGS)

# Neither the applications nor the list is part of this project.
applications: setup $(SAM) ## deploy and run other projects' applications: FOLDER= (checkouts), LIST= (FOLDER/applications.json), ONLY= (names)
	@$(if $(FOLDER),,echo "applications needs FOLDER=, the folder of the checkouts" >&2; exit 2)
	PYTHONPATH=. $(PY) tests/applications.py "$(FOLDER)" $(if $(LIST),--list "$(LIST)") $(if $(ONLY),--only "$(ONLY)")

# Each bare emulator has an environment of its own. On AWS (PLACES=aws) the cases use your credentials, and remove what they make.
conformance: setup $(foreach each,$(filter ministack moto localemu,$(or $(PLACES),$(EMULATED))),.venvs/$(each)/.installed) ## compare this embedded AWS with bare emulators: PLACES= (embedded ministack moto localemu; aws), ONLY= (cases, as pytest's -k)
	@PYTHONPATH=. $(PY) tests/conformance $(if $(PLACES),--places $(PLACES)) $(if $(ONLY),--only "$(ONLY)")

fuzz: setup ## ask the API ten thousand generated requests: REQUESTS= (10000)
	$(PY) -m pytest tests/e2e/test_api_fuzz.py --generated-requests $(or $(REQUESTS),10000) $(ARGS)

# Each round in an order of its own, on a server of its own; the rounds' seeds and what failed are printed.
races: setup ## repeat the tests of what races by itself: ROUNDS= (100), ARGS= for pytest
	$(PY) tests/races.py $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) -- $(ARGS)

# The seed is fixed: the same lines each time, until the sources change. SEED= draws others.
mutants: setup $(COSMIC_RAY) ## change single lines, and list what the module's tests do not notice, into build/mutants.json: MUTANTS= (40 a room) SEED= ROOMS= (folders)
	.venvs/mutants/bin/python tests/mutants $(if $(MUTANTS),--mutants $(MUTANTS)) $(if $(SEED),--seed $(SEED)) $(ROOMS)

# Of the tests that start stacks; what commands start on servers of their own is not seen.
grants: setup ## learn which grants of the roles the tests use, into build/grants.json: ARGS= for pytest
	PYTHONPATH=. $(PY) tests/architecture/audit_grants.py -- -m "not loop and not faults and not fuzz" tests/e2e $(ARGS)

iam: setup ## list what each role of the stack may do, and what no test used: OPTIONS= (--unused, …)
	@$(WILDRYDES) iam $(OPTIONS)

check: setup $(CHECKS) $(DOCS) ## lint, types, import arrows, template, weaknesses, prose, drift of the state machines and of the reference
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m pyright
	PYTHONPATH=.:functions .venv/bin/lint-imports
	.venv/bin/cfn-lint template.yaml
	.venvs/docs/bin/python -m docs.site.prose
	.venvs/checks/bin/oxlint --deny-warnings console/page/src
	.venvs/checks/bin/bandit --quiet --recursive --configfile pyproject.toml functions cli console local reports statemachines bench data
	.venvs/checks/bin/checkov --config-file .checkov.yaml
	$(PY) tests/architecture/audit_locks.py .venvs/checks/bin/pip-audit functions/requirements.txt requirements/*.txt
	$(PY) -W ignore -m statemachines.render --check
	$(REFERENCE) --check

build: $(SAM) $(RUNTIME) ## validate and build with the SAM CLI, import every handler from its package
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venvs/sam/bin/sam validate --lint
	SAM_CLI_TELEMETRY=0 .venvs/sam/bin/sam build
	.venvs/runtime/bin/python -I tests/architecture/import_built_handlers.py .aws-sam/build

docs: $(DOCS) ## make the site of the pages, build/site: a link that leads nowhere is an error
	@.venvs/docs/bin/python -m docs.site.build

bench: setup $(if $(filter training ingest,$(BENCH)),$(PEERS)) ## measure beside the workshop's ways: BENCH=stream, predict, capture or trees, RIDES= (a JSON array); BENCH=training, ingest: beside pandas, Polars, scikit-learn, DuckDB; BENCH=gate: error rates; BENCH=console: the page
	@$(foreach each,$(or $(BENCH),stream predict),$(PY) -m bench.$(each) \
	  $(if $(filter stream,$(each)),"$(or $(RIDES),data/rides/2018-2019.array.json)");)

load: setup ## ask the API 5 times a second, then ten times what it allows: FOR= (seconds)
	@$(WILDRYDES) load $(if $(FOR),--seconds "$(FOR)") $(OPTIONS)

evidently: $(EVIDENTLY) ## ask Evidently and SciPy anew what `monitor` is compared with
	.venvs/evidently/bin/python tests/unit/monitoring/ask_evidently.py

# The built page is in git: no command but this one needs Node.js.
page: $(DEV) ## build the console's page anew, from console/page into console/assets; needs Node.js 20
	cd console/page && npm ci --ignore-scripts --no-audit --no-fund && npm run build
	$(PY) -m console.sources

render: $(DEV) ## write the state machines' ASL, their pictures and the reference pages anew
	$(PY) -W ignore -m statemachines.render
	$(REFERENCE)

data: $(DEV) ## write the sample data anew
	$(PY) data/generate.py
	$(PY) data/generate_samples.py

lock: $(DEV) ## resolve the dependencies of pyproject.toml anew
	$(COMPILE) --upgrade --group dev -o requirements/dev.txt
	$(COMPILE) --group functions -c requirements/dev.txt -o functions/requirements.txt
	$(COMPILE) --group functions --group lambda-runtime -c requirements/dev.txt -o requirements/lambda.txt
	$(COMPILE) --group lambda-runtime -c requirements/dev.txt -o requirements/runtime.txt
	$(subst 3.11,3.9,$(COMPILE)) --upgrade --group lambda-runtime-39 -o requirements/runtime-3.9.txt
	cd requirements/node && npm update --package-lock-only --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved
	$(COMPILE) --upgrade --group algorithms -o requirements/algorithms.txt
	$(COMPILE) --upgrade --group checks -o requirements/checks.txt
	$(COMPILE) --upgrade --group docs -o requirements/docs.txt
	$(COMPILE) --upgrade --group sam -o requirements/sam.txt
	$(COMPILE) --upgrade --group mutants -o requirements/mutants.txt
	$(COMPILE) --upgrade --group evidently -o requirements/evidently.txt
	$(COMPILE) --upgrade --group peers -o requirements/peers.txt
	$(COMPILE) --upgrade --group ministack -o requirements/ministack.txt
	$(COMPILE) --upgrade --group moto -o requirements/moto.txt
	$(subst 3.11,3.13,$(COMPILE)) --upgrade --group localemu -o requirements/localemu.txt

clean: ## remove what was built, environments included
	rm -rf .venv .venvs .aws-sam build .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

# The version is looked at first: an environment of another Python would have to be removed by hand.
$(DEV): requirements/dev.txt pyproject.toml Makefile
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11, or name it by PYTHON=" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), and Python 3.11 is needed: name it by PYTHON=" >&2; exit 1; }
	@echo "Installing the locked dependencies into .venv"
	@# One that was interrupted half-way has no pip.
	@$(PY) -m pip --version >/dev/null 2>&1 || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

define environment
	@echo "Installing the locked dependencies into $(@D)"
	@rm -rf $(@D)
	@$(UV) venv --quiet --python $(PY) $(@D)
	@VIRTUAL_ENV=$(@D) $(UV) pip install --quiet --require-hashes -r $<
	@touch $@
endef

# The functions run locally in what they are packed with, and what AWS's runtime brings: nothing else.
$(FUNCTIONS): requirements/lambda.txt $(DEV)
	$(environment)

# XGBoost and k-NN train and serve in it, as in containers of their own.
$(CONTAINERS): requirements/algorithms.txt $(DEV)
	$(environment)

# What AWS's runtime brings alone: a built package must have all the rest.
$(RUNTIME): requirements/runtime.txt $(DEV)
	$(environment)

$(CHECKS): requirements/checks.txt $(DEV)
	$(environment)

$(DOCS): requirements/docs.txt $(DEV)
	$(environment)

$(SAM): requirements/sam.txt $(DEV)
	$(environment)

$(COSMIC_RAY): requirements/mutants.txt $(DEV)
	$(environment)

# What the benchmarks measure beside.
$(PEERS): requirements/peers.txt $(DEV)
	$(environment)

# The emulators that `make conformance` compares with: what each is published as, and nothing of ours.
$(filter-out .venvs/localemu/%,$(EMULATORS)): .venvs/%/.installed: requirements/%.txt $(DEV)
	$(environment)

# LocalEmu is written for Python 3.13; under 3.11 its services cannot be imported.
.venvs/localemu/.installed: requirements/localemu.txt $(DEV)
	@command -v $(PYTHON313) >/dev/null || { echo "$(PYTHON313), which LocalEmu needs, is missing: name it by PYTHON313=, or leave LocalEmu out by PLACES=" >&2; exit 1; }
	$(subst --python $(PY),--python $(PYTHON313),$(environment))

# Some 80 packages, for what tests compare with: neither a test nor a command needs it.
$(EVIDENTLY): requirements/evidently.txt $(DEV)
	$(environment)
