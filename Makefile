PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= build/demo
PARAMS ?= params.yaml

.PHONY: demo test sweeps repro lint notebooks wheel-alone site site-version sbom audit clean

demo: $(VENV)/.demo ## set everything up, then check a real dataset and a damaged copy of it
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python examples/demo.py $(DEMO)

test: $(VENV)/.test ## set everything up, then run the tests
	OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

sweeps: ## the tests that try what `make test` does over more seeds, kinds and formats
	$(MAKE) test PYTEST_ARGS="-m sweep"

repro: $(VENV)/.test ## set everything up, then make the pool that PARAMS describes, by default reference_pool/smoke
	test params.yaml -ef $(PARAMS) || cp $(PARAMS) params.yaml
	PATH="$(abspath $(BIN)):$$PATH" OMP_WAIT_POLICY=PASSIVE DVC_NO_ANALYTICS=1 dvc repro

bench: $(VENV)/.test ## cost of an image and of the encoder, beside decoding, timm and CleanVision
	OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 $(BIN)/python benchmarks/speed.py $(BENCH_ARGS)

lint: $(VENV)/.test $(VENV)/.lint ## format, lint and type check, with the types of all extras; the workflows too
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml deri_gate/github/scaffold/dataset-gate*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/hadolint docker/*
	$(BIN)/repo-review .
	$(BIN)/zizmor --offline --quiet . deri_gate/github/scaffold/dataset-gate.yml deri_gate/github/scaffold/dataset-gate-comment.yml

wheel-alone: $(VENV)/.test ## build the wheel and judge a dataset with it where there is no source
	rm -rf build/wheel build/alone
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir build/wheel .
	$(BIN)/pip install --quiet --no-deps --target build/alone build/wheel/*.whl
	cd build && PYTHONPATH=alone ../$(BIN)/python -P ../tests/wheel_alone.py

notebooks: $(VENV)/.test ## run the notebooks of examples/ anew, and keep what they show
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/jupyter execute --inplace examples/*.ipynb

site: $(VENV)/.docs ## build the documentation into build/site; any warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

site-version: $(VENV)/.docs ## add the site of this version to the branch gh-pages, and push it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mike deploy --push --update-aliases "$$($(BIN)/python -c 'import deri_gate; print(deri_gate.__version__.rpartition(".")[0])')" latest
	$(BIN)/mike set-default --push latest

sbom: $(VENV)/.release ## bill of materials of what is installed, with licences: build/sbom.json (CycloneDX)
	mkdir -p build
	$(BIN)/cyclonedx-py environment --output-reproducible --output-file build/sbom.json $(BIN)/python

audit: $(VENV)/.release ## known vulnerabilities of what is installed; asks the package index, and fails for what it does not know
	mkdir -p build
	$(BIN)/pip freeze --quiet --exclude-editable > build/installed.txt
	$(BIN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off --requirement build/installed.txt

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

$(VENV)/.%: $(VENV)/bin/pip pyproject.toml constraints.txt
	@echo "installing deri-gate with its $* extra into $(VENV); torch makes this take minutes"
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[$*]"
	touch $@

clean:
	rm -rf $(VENV) build dist deri-report
