#!/bin/sh
# Every check and the whole test suite, in a virtual environment of their own.
#
#   sh scripts/test.sh [--lowest] [OPTIONS OF pytest]
#
#   --lowest        the test suite alone, with the lowest versions that setup.cfg allows
#   VENV=FOLDER     the virtual environment (default: .venv-test, or .venv-lowest, in the repository)
#   PYTHON=COMMAND  the Python to make it with (default: python3, or the newest python3.x there is)
#
# For instance  sh scripts/test.sh -k spirals  or  sh scripts/test.sh -n 0 --pdb
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/environment.sh"

lowest=no
if [ "${1:-}" = --lowest ]; then
    lowest=yes
    shift
fi
if [ "$lowest" = yes ]; then
    venv=${VENV:-$root/.venv-lowest}
else
    venv=${VENV:-$root/.venv-test}
fi
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
cd "$root"

make_venv "$venv"
# Editable: the tests see the working tree.
wanted=$(cat setup.cfg pyproject.toml scripts/lowest.txt | cksum)
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
    say "Installing standalone-node with its tests and checks (a minute or two the first time) ..."
    if [ "$lowest" = yes ]; then
        install_into "$venv" --constraint scripts/lowest.txt --editable '.[test]'
    else
        install_into "$venv" --editable '.[check,test]'
    fi
    printf '%s\n' "$wanted" >"$venv/installed"
fi

PATH=$venv/bin:$PATH
export PATH
if [ "$lowest" = no ]; then
    say "ruff check";          ruff check --quiet .
    say "ruff format --check"; ruff format --quiet --check .
    say "mypy";                mypy
    say "lint-imports";        lint-imports --no-logo
fi

# Kernels run on threads of their own, so that more workers than cores only get in each other's way.
workers=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
[ "$workers" -le 4 ] || workers=4
[ "$workers" -gt 1 ] || workers=0
say "pytest, $workers workers"
exec python -m pytest -q -n "$workers" --dist loadfile "$@"
