# The two commands to know: `make run` and `make test`. Everything else is for people who change mailsockd.

SYSTEM_PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := tests/install-system-packages

# Tests wait more than they work: three at a time on two cores, those of one file one after the other.
JOBS ?= 3
AT_ONCE := -n $(JOBS) --dist loadfile

.PHONY: help run test check bench screenshots test-debian clean run-packages test-packages debian-packages bench-packages
.DEFAULT_GOAL := help
.NOTPARALLEL:

help:
	@echo "make run          run the daemon here on loopback, with an account made for you (Ctrl-C ends it)"
	@echo "make test         install what the tests need and run all of them"
	@echo "make check        ruff, mypy, the architecture and the documents"
	@echo "make test-debian  the tests on Debian's own Python packages"
	@echo "make deb          build the Debian package into ./dist, in a clean chroot (as root)"
	@echo "make deb-test     install, use, upgrade and remove it in a container that boots (as root, some minutes)"
	@echo "make deb-autopkgtest, make deb-piuparts"
	@echo "                  what Debian tests of a package: it as it is installed; what it leaves behind (as root)"
	@echo "                  these and make deb: RELEASE=trixie for Debian 13, into ./dist/trixie"
	@echo "make screenshots  make the pictures of docs/pages.md anew"
	@echo "make bench        measure against other servers (about 5 minutes)"
	@echo "make clean        remove everything that these made; ./var with its mail is asked for by name: make clean-var"

# --- what the system has to have: asked for all at once, before anything is made

DIST := /usr/lib/python3/dist-packages
FOR_RUN := python3=$(SYSTEM_PYTHON) 'python3-venv=/usr/lib/python3.*/ensurepip/__init__.py'
FOR_TEST := $(FOR_RUN) nodejs=node npm=npm strace=strace swaks=swaks curl=curl mpop=mpop \
    nginx=/usr/sbin/nginx apache2-bin=/usr/sbin/apache2 haproxy=/usr/sbin/haproxy \
    libpython3.11-testsuite=/usr/lib/python3.11/test/test_email
FOR_BROWSER := chromium=chromium 'libatomic1=/usr/lib/*/libatomic.so.1'
FOR_DEBIAN := $(FOR_TEST) python3-twisted=$(DIST)/twisted python3-autobahn=$(DIST)/autobahn python3-treq=$(DIST)/treq \
    python3-attr=$(DIST)/attr python3-yaml=$(DIST)/yaml python3-openssl=$(DIST)/OpenSSL \
    python3-service-identity=$(DIST)/service_identity python3-idna=$(DIST)/idna python3-dnspython=$(DIST)/dns python3-argon2=$(DIST)/argon2 \
    python3-prometheus-client=$(DIST)/prometheus_client \
    python3-pytest=$(DIST)/pytest python3-pytest-xdist=$(DIST)/xdist python3-hypothesis=$(DIST)/hypothesis python3-jsonschema=$(DIST)/jsonschema
FOR_BENCH := $(FOR_RUN) gcc=cc libc6-dev=/usr/include/stdio.h nodejs=node npm=npm

run-packages:
	@$(PACKAGES) $(FOR_RUN)

test-packages:
	@$(PACKAGES) $(FOR_TEST) $(FOR_BROWSER)

debian-packages:
	@$(PACKAGES) $(FOR_DEBIAN)

bench-packages:
	@$(PACKAGES) $(FOR_BENCH)

# --- environments

$(VENV)/run: setup.cfg pyproject.toml
	@test -x $(BIN)/pip || $(SYSTEM_PYTHON) -m venv $(VENV)
	@echo "installing mailsockd into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[fast]' websockets --config-settings editable_mode=compat
	@touch $@

$(VENV)/test: $(VENV)/run setup.cfg
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,check]' --config-settings editable_mode=compat
	@touch $@

tests/integration/node_modules/.package-lock.json: tests/integration/package.json
	@cd tests/integration && npm install --no-audit --no-fund --no-package-lock --loglevel=error
	@touch $@

# --- to use it

run: run-packages $(VENV)/run
	@$(BIN)/mailsockctl --config etc/try.yaml welcome --wait 30 & exec $(BIN)/mailsockd --config etc/try.yaml

# --- to change it

test: test-packages $(VENV)/test tests/integration/node_modules/.package-lock.json
	$(BIN)/python -m pytest -q $(AT_ONCE)

check: run-packages $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

test-debian: debian-packages $(VENV)/test tests/integration/node_modules/.package-lock.json
	PYTHONDONTWRITEBYTECODE=1 $(SYSTEM_PYTHON) -m pytest -q $(AT_ONCE) -p no:cacheprovider --ignore=tests/integration --ignore=tests/browser
	MAILSOCKD_PYTHON=$(SYSTEM_PYTHON) $(BIN)/python -m pytest -q $(AT_ONCE) tests/integration

bench: bench-packages $(VENV)/run
	$(BIN)/python benchmarks/bench.py

# --- Debian's package

.PHONY: deb deb-check deb-test deb-piuparts deb-autopkgtest
# The Debian that the package is for, and the one that it is tried in.
RELEASE ?= bookworm
deb:
	@test "$$(id -u)" -ne 0 || $(PACKAGES) git=git mmdebstrap=mmdebstrap
	@SUITE=$(RELEASE) tests/package/build

deb-test: deb
	@test "$$(id -u)" -ne 0 || $(PACKAGES) systemd-container=systemd-nspawn
	@SUITE=$(RELEASE) tests/package/story

deb-piuparts: deb
	@test "$$(id -u)" -ne 0 || $(PACKAGES) piuparts=/usr/sbin/piuparts dpkg-dev=dpkg-scanpackages
	@SUITE=$(RELEASE) tests/package/piuparts

deb-autopkgtest: deb
	@test "$$(id -u)" -ne 0 || $(PACKAGES) systemd-container=systemd-nspawn
	@SUITE=$(RELEASE) tests/package/autopkgtest

# The same on this machine: what the build needs is installed here.
deb-check:
	@$(PACKAGES) git=git dpkg-dev=dpkg-buildpackage lintian=lintian
	@dpkg-checkbuilddeps -P nocheck 2>/dev/null || { echo "installing what the build needs"; \
	    DEBIAN_FRONTEND=noninteractive apt-get build-dep -y -qq --no-install-recommends -P nocheck ./ >/dev/null; }
	@tests/package/build here

# Pictures of the pages, for docs/pages.md.
screenshots: test-packages $(VENV)/test tests/integration/node_modules/.package-lock.json
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) .chroots build dist *.egg-info debian/made debian/files .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/out
	rm -rf tests/integration/node_modules _trial_temp* twisted/plugins/dropin.cache
	rm -rf examples/websocket-node/node_modules examples/websocket-node/package-lock.json examples/websocket-python/venv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: clean-var
clean-var:
	rm -rf var
