# What the scripts in this folder share: the cache, skipping, processes that always end, free ports.
#
# Sourced by bash scripts; does nothing by itself. A newcomer may ask why not containers: the machines
# that run these tests have no container engine, and a package registry serves the same programs.
# shellcheck shell=bash

part=${0##*/}
here=$(cd "$(dirname "$0")" && pwd)
cache_root=${XDG_CACHE_HOME:-$HOME/.cache}/tollwatch

# The machine cannot have this part: a test that sees 77 says so and goes on.
skip() {
  echo "skipped: $part: $*" >&2
  exit 77
}

die() {
  echo "error: $part: $*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND PACKAGE...: takes what Debian has when it may, otherwise skips with the line to run.
need() {
  local command=$1
  shift
  have "$command" && return 0
  if [ "$(id -u)" = 0 ] && have apt-get; then
    echo "installing: $*" >&2
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } \
      >/dev/null 2>&1 || true
    have "$command" && return 0
  fi
  skip "$command was not found; on Debian: sudo apt-get install -y $*"
}

# cached NAME BUILDER: prints nothing, leaves the folder in $cached. BUILDER gets an empty folder; what it
# made is moved to its place only when it is whole, and two that come at once build it once.
cached() {
  cached=$cache_root/$1
  [ -d "$cached" ] && return 0
  mkdir -p "$cache_root"
  exec 9>"$cache_root/.$1.lock"
  if have flock; then flock 9; fi
  if [ ! -d "$cached" ]; then
    local new=$cached.new.$$ status
    mkdir "$new"
    echo "fetching $1 into $cache_root (once)" >&2
    # In a shell of its own, so that a builder that skips or fails leaves nothing behind; not behind `||`, where
    # `set -e` would be without effect.
    set +e
    (set -e; "$2" "$new") 9>&-
    status=$?
    set -e
    if [ "$status" != 0 ]; then
      chmod -R u+w "$new"
      rm -rf "$new"
      exit "$status"
    fi
    mv "$new" "$cached"
  fi
  exec 9>&-
}

# debian_files FOLDER PACKAGE...: the packages' files, unpacked and not installed: no root, no service that
# starts by itself.
debian_files() {
  local folder=$1
  shift
  { have apt-get && have dpkg-deb; } || skip "needs Debian's $* (no apt-get here)"
  mkdir -p "$folder/debs"
  if ! (cd "$folder/debs" && apt-get download -q "$@" >/dev/null 2>&1); then
    [ "$(id -u)" = 0 ] && apt-get update -q >/dev/null 2>&1
    (cd "$folder/debs" && apt-get download -q "$@" >/dev/null 2>&1) ||
      skip "cannot download $* from Debian; as root: apt-get update"
  fi
  local deb
  for deb in "$folder"/debs/*.deb; do dpkg-deb -x "$deb" "$folder"; done
  rm -r "$folder/debs"
}

# run DIR NAME COMMAND...: starts a process that outlives this script, with NAME.pid and NAME.log in DIR. No
# descriptor of the caller stays open in it: a test that reads our output to its end would wait for ever.
run() {
  local dir=$1 name=$2
  shift 2
  setsid "$@" </dev/null >>"$dir/$name.log" 2>&1 9>&- &
  echo "$!" >"$dir/$name.pid"
  disown
}

# alive DIR NAME: whether the process of NAME.pid runs, and is ours (its arguments name DIR). While a process
# becomes another program it has no arguments for a moment, so one look is not enough to say that it is not.
alive() {
  local pid look
  [ -f "$1/$2.pid" ] || return 1
  pid=$(cat "$1/$2.pid")
  for look in 1 2 3; do
    case "$(ps -p "$pid" -o stat=,args= 2>/dev/null)" in
      '' | Z*) return 1 ;;
      *"$1"*) return 0 ;;
    esac
    sleep "0.0$look"
  done
  return 1
}

# halt DIR NAME [SECONDS]: SIGTERM, and SIGKILL when it has not ended by then.
halt() {
  local end=$((SECONDS + ${3:-20}))
  if alive "$1" "$2"; then
    kill -TERM "$(cat "$1/$2.pid")" 2>/dev/null || true
    # A stopped process hears nothing before it goes on.
    kill -CONT "$(cat "$1/$2.pid")" 2>/dev/null || true
    while alive "$1" "$2" && [ "$SECONDS" -lt "$end" ]; do sleep 0.1; done
  fi
  slay "$1" "$2"
}

# slay DIR NAME: SIGKILL, and gone when it returns.
slay() {
  while alive "$1" "$2"; do
    kill -KILL "$(cat "$1/$2.pid")" 2>/dev/null || true
    sleep 0.05
  done
  rm -f "$1/$2.pid"
}

# stop_all DIR [SECONDS]: ends every process started in DIR, all at once; the files stay.
stop_all() {
  local file name
  for file in "$1"/*.pid; do
    name=$(basename "$file" .pid)
    if alive "$1" "$name"; then kill -TERM "$(cat "$file")" 2>/dev/null || true; fi
  done
  for file in "$1"/*.pid; do
    [ ! -f "$file" ] || halt "$1" "$(basename "$file" .pid)" "${2:-20}"
  done
}

# wait_for SECONDS DIR NAME COMMAND...: until COMMAND holds; fails when NAME has died or time is up.
wait_for() {
  local end=$((SECONDS + $1)) watched=$2 name=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    alive "$watched" "$name" || return 1
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# listening PORT: whether somebody answers there.
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_ports COUNT [BASE]: prints the first of COUNT neighbouring ports nobody listens on, below the range that
# systems give to clients. Drawn at random, so that two runs at once do not meet.
free_ports() {
  local count=$1 try base port
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    base=${2:-$((20000 + RANDOM % 1200 * 10))}
    for ((port = base; port < base + count; port++)); do
      if listening "$port"; then
        [ -z "${2:-}" ] || die "port $port is taken"
        continue 2
      fi
    done
    echo "$base"
    return 0
  done
  die "no $count free ports found in $try tries"
}

# scratch DIR: makes DIR, prints its full name; a DIR in use is refused.
scratch() {
  local file
  mkdir -p "$1"
  for file in "$1"/*.pid; do
    if [ -f "$file" ] && alive "$(cd "$1" && pwd)" "$(basename "$file" .pid)"; then
      die "$1 is in use; stop it first"
    fi
  done
  (cd "$1" && pwd)
}

# started DIR: the full name of a folder that `start` made.
started() {
  [ -d "$1" ] || die "$1: no such folder"
  (cd "$1" && pwd)
}

# stop_with DIR PID: a watcher that stops everything in DIR when PID is gone, so that a test that is killed leaves
# no server behind. Nothing without a PID.
stop_with() {
  [ -n "$2" ] || return 0
  # shellcheck disable=SC2016 # expanded by the watcher
  run "$1" watch bash -c 'while kill -0 "$1"; do sleep 0.5; done 2>/dev/null; rm -f "$0/watch.pid"; exec "$2" stop "$0"' \
    "$1" "$2" "$here/$part"
}
