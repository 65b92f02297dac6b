# Everything that one does with this repository, by name.

.DEFAULT_GOAL := help
.PHONY: help run test lint screenshots bench package clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## Install what is missing, build, and run a management server and the tray app (ONCE=1: until the screenshots are taken)
	@scripts/run $(if $(ONCE),--once)

test: ## Install what is missing, build, and run all tests
	@scripts/test

lint: ## Check format, lints and dependencies
	@scripts/lint

screenshots: ## Take pictures of every dialog, window and menu, in every language, shade and scale (SETS="en-light-100 …": only these)
	@scripts/screenshots $(SETS)

bench: ## Measure against references in the same run
	@scripts/bench

package: ## Build Debian packages of the tray app and of the management server
	@scripts/package
	@scripts/package-server

clean: ## Remove everything that was built
	cargo clean
	rm -rf node_modules gen permissions
