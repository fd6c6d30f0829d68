# shellcheck shell=sh disable=SC2154,SC2034 # the variables are those of ./unrip, which reads this
# One holder at a time, over processes and checkouts. A lock ends with its holder, however that one ended.

with_lock() { # FILE WHAT COMMAND...: runs the command in a subshell that holds the lock; those who wait are shown WHAT
  if command -v flock >/dev/null 2>&1; then
    with_flock "$@"
  else
    with_link "$@"
  fi
}

# The kernel keeps it: it is gone as soon as the subshell is. The command itself does not inherit the descriptor, or a
# compiler that outlives its killed parent would keep the lock.
with_flock() {
  (
    lock=$1 what=$2
    shift 2
    exec 9>>"$lock"
    if ! flock -n 9; then
      say "another start is $what; waiting for it"
      flock 9
    fi
    "$@" 9>&-
  )
}

# Where there is no flock (macOS): a symbolic link whose target is the holder's process id, made in one step. One whose
# holder is gone is taken away. Two who do so at the same moment could both go on; what they do is safe then, only double.
with_link() {
  (
    lock=$1.holder what=$2
    shift 2
    waiting=no
    while ! ln -s "$$" "$lock" 2>/dev/null; do
      holder=$(readlink "$lock") || continue
      if ! kill -0 "$holder" 2>/dev/null; then
        rm -f "$lock"
        continue
      fi
      if [ $waiting = no ]; then say "another start (process $holder) is $what; waiting for it, or remove $lock"; fi
      waiting=yes
      sleep 1
    done
    trap 'rm -f "$lock"' EXIT
    trap 'exit 1' HUP INT TERM
    # In a shell of its own: the command has traps too, and they must not take the place of these.
    ("$@")
  )
}
