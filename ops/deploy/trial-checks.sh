# shellcheck shell=sh disable=SC2154 # `log` is that of the script that reads this
# What the trials share: checks that are counted. Uses: log, the file that gets what their commands print.

passed=0
failed=0

check() { # WHAT COMMAND...
  what=$1
  shift
  if "$@" >>"$log" 2>&1; then
    passed=$((passed + 1))
    echo "pass  $what"
  else
    failed=$((failed + 1))
    echo "FAIL  $what"
  fi
}

within() { # SECONDS COMMAND...
  left=$(($1 * 5))
  shift
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 0.2
  done
}

# The last line of a trial.
count_checks() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
