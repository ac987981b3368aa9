#!/bin/sh
# Install the independent printer programs that check our driver and our simulator: emupos and receiptio.
# Usage: oracles.sh FOLDER VENV. What cannot be installed is said; its tests are then skipped by name.
set -eu
folder=$1 venv=$2
mkdir -p "$folder"

newest_python() {
    for candidate in python3.14 python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[3-9]*/bin/python3; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        if "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; then
            echo "$path"
            return
        fi
    done
}

if [ ! -x "$folder/emupos/bin/emupos" ]; then
    python=$(newest_python)
    if [ -n "$python" ]; then
        "$python" -m venv "$folder/emupos"
        "$folder/emupos/bin/pip" install -q emupos==0.4.0 || rm -rf "$folder/emupos"
    else
        echo "*** NO PYTHON 3.13 OR NEWER: the checks with emupos are skipped ***" >&2
    fi
fi

npm=$(command -v "$venv/bin/npm" || command -v npm || true)
if [ ! -d "$folder/node_modules/receiptio" ]; then
    if [ -n "$npm" ]; then
        "$npm" install --silent --no-audit --no-fund --prefix "$folder" receiptio@2.1.2 ||
            echo "*** receiptio could not be installed: its checks are skipped ***" >&2
    else
        echo "*** NO npm: the checks with receiptio are skipped ***" >&2
    fi
fi
