# shellcheck shell=sh disable=SC2154,SC2034 # the variables are those of ./unrip, which reads this
# System packages that are missing: installed when we are root on Debian, else named with the line that does it.

used_apt=no

need_packages() { # WHY DEBIAN_PACKAGES FEDORA_PACKAGES BREW_LINE TOOL...: returns when every TOOL is there
  why=$1 debian=$2 fedora=$3 brew=$4
  shift 4
  missing=$(missing_of "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    say "$missing missing, $why; installing $debian with apt-get (a minute or two)"
    used_apt=yes
    apt_install "$debian" || true
    missing=$(missing_of "$@")
    [ -n "$missing" ] || return 0
  fi
  say "$missing missing, $why. Install with one of:"
  echo "  apt-get install -y $debian" >&2
  echo "  dnf install -y $fedora" >&2
  echo "  $brew" >&2
  exit 1
}

missing_of() {
  list=
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || list="$list${list:+, }$tool"
  done
  echo "$list"
}

apt_install() { # PACKAGES in one word
  log=$cache/apt.log
  # shellcheck disable=SC2086 # a list
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $1; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    say "apt-get failed, see above; the log is $log"
    return 1
  fi
}
