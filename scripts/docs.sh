#!/bin/sh
# The documentation site: every page and notebook executed, warnings are errors, links are checked.
#
#   sh scripts/docs.sh [OPTIONS OF sphinx-build]
#
#   VENV=FOLDER     the virtual environment (default: .venv-docs in the repository)
#   PYTHON=COMMAND  the Python to make it with (default: python3, or the newest python3.x there is)
#   JOBS=NUMBER     pages that are executed at once (default: as many as there are processors)
#
# Writes docs/_build/html, which works from disk without a network. A second build executes only what
# has changed; with -E it does all anew.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/environment.sh"

venv=${VENV:-$root/.venv-docs}
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
cd "$root"

make_venv "$venv"
wanted=$(cat setup.cfg pyproject.toml | cksum)
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
    say "Installing standalone-node and what its site is built with (a minute or two the first time) ..."
    install_into "$venv" --editable '.[docs]'
    printf '%s\n' "$wanted" >"$venv/installed"
fi

jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
say "Computing the interactive page"
"$venv/bin/python" scripts/make_interactive.py
say "Executing and building the pages, $jobs at once"
"$venv/bin/python" -m sphinx -b html -W --keep-going -q -j "$jobs" "$@" docs docs/_build/html
"$venv/bin/python" scripts/check_links.py docs/_build/html
say "The site is docs/_build/html/index.html"
