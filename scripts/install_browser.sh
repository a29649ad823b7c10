#!/bin/sh
# Installs what tests/report/test_browser.py needs, Chromium and its driver, if they are missing.
#
#   sh scripts/install_browser.sh
#
# It needs root and apt-get (Debian); elsewhere it says what is missing, and changes nothing.
set -u

# found NAMES...: whether one of the commands exists.
found() {
    for name in "$@"; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

missing=
found chromium chromium-browser google-chrome || missing=chromium
found chromedriver || missing="$missing chromium-driver"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! found apt-get; then
    echo "The tests in a browser need the packages $missing, which only root can install with" \
        "apt-get here." >&2
    exit 0
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # a list of packages
if apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1 ||
    { apt-get update -q >"$log" 2>&1 &&
        apt-get install -y -q --no-install-recommends $missing >>"$log" 2>&1; }; then
    rm -f "$log"
else
    echo "The tests in a browser need the packages $missing, and apt-get could not install them:" >&2
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
