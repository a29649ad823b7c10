# Shell functions shared by quickstart.sh and test.sh; POSIX sh, to be sourced, with $root set.

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# shown PATH: the path as one would type it from where one stands.
shown() {
    case $1 in
        "$PWD"/*) printf '%s' "${1#"$PWD"/}" ;;
        *) printf '%s' "$1" ;;
    esac
}

# new_enough PYTHON: whether the command exists and is Python 3.11 or later.
new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# find_python: prints the Python to use: $PYTHON, else python3, else the newest python3.x on PATH.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or later; choose another."
        printf '%s' "$PYTHON"
        return
    fi
    for minor in '' .19 .18 .17 .16 .15 .14 .13 .12 .11; do
        if new_enough "python3$minor"; then
            printf '%s' "python3$minor"
            return
        fi
    done
    if command -v python3 >/dev/null 2>&1; then
        fail "Python 3.11 or later is needed and $(python3 --version 2>&1) is what python3 is here;" \
            "install a newer one beside it, or name it: PYTHON=/path/to/python3.12 $0"
    fi
    fail "Python 3.11 or later is needed and no python3 was found; do: sudo apt install python3-venv"
}

# make_venv FOLDER: uses the virtual environment that is there, or makes one.
make_venv() {
    if [ -x "$1/bin/python" ]; then
        new_enough "$1/bin/python" || fail "The virtual environment $1 has a Python older than" \
            "3.11 or a broken one; delete the folder, or name another: VENV=FOLDER $0"
        "$1/bin/python" -m pip --version >/dev/null 2>&1 || fail "The virtual environment $1 has" \
            "no pip; delete the folder, or name another: VENV=FOLDER $0"
        say "Using the virtual environment $(shown "$1")"
        return
    fi
    if [ -e "$1" ] && [ -n "$(ls -A "$1" 2>/dev/null)" ]; then
        fail "$1 exists and is no virtual environment; move it away, or name another: VENV=FOLDER $0"
    fi
    python=$(find_python) || exit 1
    # Debian and Ubuntu have Python without these two until python3-venv is installed.
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        fail "$python cannot make virtual environments yet; do: sudo apt install python3-venv" \
            "(for a Python beside the system's own: pythonX.Y-venv)"
    say "Making the virtual environment $(shown "$1") with $("$python" --version 2>&1)"
    "$python" -m venv "$1" || {
        rm -rf "$1"
        fail "$python could not make a virtual environment in $1; see the message above."
    }
}

# install_into VENV ARGUMENTS OF pip install...
# pip's pages go to a file. Only ready-made packages are taken: a compiler at work for half an hour
# that then fails is no help to anybody.
install_into() {
    _venv=$1
    _log=$_venv/install.log
    shift
    "$_venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        --only-binary=:all: "$@" >"$_log" 2>&1 && return
    _missing=$(sed -n 's/^ *ERROR: No matching distribution found for //p' "$_log" | head -n 1)
    # setuptools is the first thing pip asks for, and fits everywhere.
    case $_missing in setuptools*) _reached=no ;; *) _reached=yes ;; esac
    if [ "$_reached" = no ] || grep -q 'ConnectionError\|ConnectTimeout\|ProxyError' "$_log"; then
        fail "The package index cannot be reached; connect to the network (or set pip's proxy) and" \
            "run this again. What pip said is in $_log"
    elif [ -n "$_missing" ]; then
        fail "No ready-made package of $_missing fits $("$_venv/bin/python" --version) on" \
            "$(uname -sm); delete $_venv and try another Python: PYTHON=python3.12 $0" \
            "(what pip said is in $_log)"
    fi
    grep '^ERROR' "$_log" | head -n 5 >&2 || true
    fail "The installation failed; all that pip said is in $_log"
}
