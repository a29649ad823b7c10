#!/bin/sh
# The wheel as a user gets it: built from what is committed, installed where there is no compiler,
# and used.
#
#   sh scripts/wheel.sh [FOLDER]
#
#   FOLDER          where the wheel and the source archive are left (default: dist)
#   PYTHON=COMMAND  the Python to make the virtual environments with
#
# Both archives are checked as a package index would, and every step ends the script if it fails.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/environment.sh"
target=${1:-$root/dist}
case $target in /*) ;; *) target=$PWD/$target ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

say "Building from what is committed ..."
mkdir "$work/source"
git -C "$root" archive HEAD | tar -x -C "$work/source"
make_venv "$work/tools"
install_into "$work/tools" build twine
"$work/tools/bin/python" -m build --outdir "$target" "$work/source" >"$work/build.log" 2>&1 ||
    fail "The build failed: $(tail -n 3 "$work/build.log")"
"$work/tools/bin/python" -m twine check --strict "$target"/standalone_node-*
# Nothing compiled is inside, so that one wheel serves every system.
wheel=$(ls -t "$target"/standalone_node-*-py3-none-any.whl | head -n 1)

say "Installing $(basename "$wheel") without a compiler ..."
make_venv "$work/user"
# Names that no compiler answers to; install_into takes ready-made packages only.
CC=/nonexistent CXX=/nonexistent FC=/nonexistent install_into "$work/user" "$wheel"

say "Using it, from an empty folder and an empty home ..."
mkdir "$work/empty" "$work/home"
cd "$work/empty"
PATH=$work/user/bin:$PATH HOME=$work/home XDG_CACHE_HOME=$work/home/.cache
export PATH HOME XDG_CACHE_HOME
unset PYTHONPATH
node-fit --version
node-fit demo iris -o demo >demo.txt 2>&1 || fail "The demonstration failed: $(tail -n 3 demo.txt)"
node-fit verify >verify.txt 2>&1 || fail "The numerics are off: $(tail -n 3 verify.txt)"
say "$wheel installs and works."
