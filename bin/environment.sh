# Read by bin/start and bin/test: makes a virtual environment with Python 3.11.

say() { printf '%s\n' "$*" >&2; }

# Print the first Python 3.11 of this machine that can make virtual environments.
find_python() {
    without_venv=
    for candidate in "${PYTHON:-}" python3.11 python3 python \
        "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.11.*/bin/python \
        "${HOME:-}"/.local/bin/python3.11 "${HOME:-}"/.local/share/uv/python/cpython-3.11.*/bin/python3.11; do
        [ -n "$candidate" ] || continue
        "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || continue
        if "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
        without_venv=$candidate
    done
    if [ -n "$without_venv" ]; then
        say "$without_venv is a Python 3.11 that cannot make virtual environments."
        say "On Debian and Ubuntu 'apt install python3.11-venv' adds what is missing; then start again."
    else
        say "StyleArt needs Python 3.11, and none was found on this machine."
        say "Get it from your package manager (apt, dnf, brew: python3.11), from https://www.python.org"
        say "or with 'pyenv install 3.11'. If it lies in an unusual place: PYTHON=/path/to/python3.11 $0"
    fi
    return 1
}

# make_environment FOLDER REQUIREMENTS: afterwards FOLDER/bin/python has everything that the file names.
make_environment() {
    if ! "$1/bin/python" -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        python=$(find_python) || exit 1
        say "Making a virtual environment in $1 ..."
        if ! "$python" -m venv --clear "$1"; then
            say "The virtual environment could not be made in $PWD/$1: is the disk full, or the folder read-only?"
            exit 1
        fi
    fi
    "$1/bin/python" bin/install.py "$2" || exit 1
}
