#!/bin/sh
# From a fresh clone to a fitted model: makes a virtual environment, installs the package and fits a
# bundled data set with `node-fit demo`.
#
#   sh scripts/quickstart.sh [OPTIONS OF node-fit demo]
#
#   VENV=FOLDER     the virtual environment to make or to use (default: .venv in the repository)
#   PYTHON=COMMAND  the Python to make it with (default: python3, or the newest python3.x there is)
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/environment.sh"

venv=${VENV:-$root/.venv}
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac

make_venv "$venv"
say "Installing standalone-node and what it needs (a minute or two the first time) ..."
# Editable: what a later `git pull` brings is used at once, and Python started in the clone, where it
# imports the package from the folder it stands in, finds the data sets too.
install_into "$venv" --editable "$root"

say "Fitting a bundled data set: $(shown "$venv/bin/node-fit") demo${*:+ $*}"
say ""
"$venv/bin/node-fit" demo "$@"
say ""
say "Now your own file:  $(shown "$venv/bin/node-fit") fit DATA.csv --target COLUMN"
