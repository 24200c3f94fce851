# Every target is a task of `python -m book`, which needs Python 3.11 or newer and nothing else.

PYTHON ?= $(shell command -v python3 || command -v python)
PORT ?= 8000
TASK = "$(PYTHON)" -m book

.PHONY: help book test check lab page run long mutants claims colab site zip teacher clean need-python

help:
	@echo "make book                              build the site and read it at a local address"
	@echo "make test    [PAGE=chapters/…/….ipynb] run every test, or those of one page"
	@echo "make check   [PAGE=…]                  the contract of the pages and the form of the code, fast"
	@echo "make lab                               open the pages in JupyterLab"
	@echo "make page    CHAPTER=… SLUG=…          start a page of book/plan.yml from a skeleton"
	@echo "make run     [PAGE=… | ALL=1]          execute the pages whose code changed, one, or all"
	@echo "make long    [PAGE=…]                  compute what is too long for a page, up to 15 minutes each"
	@echo "make mutants PAGE=…                    plant errors in a page: do its checks notice?"
	@echo "make claims  PAGE=…                    list what a page says and does not show"
	@echo "make colab                             write the address in _config.yml into the set-up cells"
	@echo "make site                              build the site into _build/html, do not serve it"
	@echo "make zip                               build the site and pack it into one file"
	@echo "make teacher [CHAPTER=…]               write the pages without solutions into _build/teacher"
	@echo "make clean   [ALL=1]                   remove what was built; with ALL=1 the .venv too"
	@echo "make help                              this list; python3 -m book --help has more"
	@echo "PYTHON=… chooses the Python, 3.11 or newer; PORT=… the port of make book."

book: need-python
	@$(TASK) book --port "$(PORT)"

test: need-python
	@$(TASK) test $(PAGE)

check: need-python
	@$(TASK) check $(PAGE)

lab: need-python
	@$(TASK) lab

page: need-python
	@$(TASK) page "$(CHAPTER)" "$(SLUG)"

run: need-python
	@$(TASK) run $(if $(ALL),--all) $(PAGE)

long: need-python
	@$(TASK) long $(PAGE)

mutants: need-python
	@$(TASK) mutants $(PAGE)

claims: need-python
	@$(TASK) claims $(PAGE)

colab: need-python
	@$(TASK) colab

site: need-python
	@$(TASK) site

zip: need-python
	@$(TASK) zip

teacher: need-python
	@$(TASK) teacher $(CHAPTER)

clean: need-python
	@$(TASK) clean $(if $(ALL),--all)

need-python:
	@test -n "$(PYTHON)" || { echo "No Python was found. Install Python 3.11 or newer, or say where it is: make PYTHON=/path/to/python3" >&2; exit 1; }
