#!/usr/bin/env bash
# Installs on Debian what the tests need and npm cannot bring: PostgreSQL's server, Python for the peers that results are
# checked with, and a browser for the wizard. Does nothing where they are there, and says what is missing where it cannot install them.
set -euo pipefail

wanted=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || wanted+=(postgresql)
command -v git >/dev/null || wanted+=(git)
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || wanted+=(python3 python3-venv)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || wanted+=(chromium)
[ ${#wanted[@]} -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
  echo "The tests need ${wanted[*]}; install them and run the tests again." >&2
  exit 1
fi
echo "Installing ${wanted[*]}" >&2
"${as_root[@]}" apt-get update -qq >&2
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${wanted[@]}" >&2
