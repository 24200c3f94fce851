# Every target is a subcommand of book/tasks.py, which needs Python 3.11 or newer and nothing else.

PYTHON ?= $(shell command -v python3 || command -v python)
PORT ?= 8000
TASK = "$(PYTHON)" book/tasks.py

.PHONY: long help book test lab page run colab site zip teacher clean need-python

help:
	@echo "make book                              build the site and read it at a local address"
	@echo "make test  [PAGE=chapters/…/….ipynb]   run every test, or those of one page"
	@echo "make lab                               open the pages in JupyterLab"
	@echo "make page  CHAPTER=… SLUG=…            start a page of book/plan.yml from a skeleton"
	@echo "make run   [PAGE=… | ALL=1]            execute the pages whose code changed, one, or all"
	@echo "make colab                             write the address in _config.yml into the pages' set-up cells"
	@echo "make site                              build the site into _build/html, do not serve it"
	@echo "make zip                               build the site and pack it into one file, to read from a folder"
	@echo "make teacher                           write the pages without their solutions into _build/teacher"
	@echo "make long                              train what is too long for a page, about 10 minutes"
	@echo "make clean [ALL=1]                     remove what was built; with ALL=1 the .venv too"
	@echo "make help                              this list"
	@echo "PYTHON=… chooses the Python, 3.11 or newer; PORT=… the port of make book."

book: need-python
	@$(TASK) book --port "$(PORT)"

test: need-python
	@$(TASK) test $(PAGE)

lab: need-python
	@$(TASK) lab

page: need-python
	@$(TASK) page "$(CHAPTER)" "$(SLUG)"

run: need-python
	@$(TASK) run $(if $(ALL),--all) $(PAGE)

colab: need-python
	@$(TASK) colab

site: need-python
	@$(TASK) site

zip: need-python
	@$(TASK) zip

teacher: need-python
	@$(TASK) teacher

long: need-python
	@$(TASK) long

clean: need-python
	@$(TASK) clean $(if $(ALL),--all)

need-python:
	@test -n "$(PYTHON)" || { echo "No Python was found. Install Python 3.11 or newer, or say where it is: make PYTHON=/path/to/python3" >&2; exit 1; }
