#!/bin/sh
# Copies the files of a checkout, and none that somebody left there, into an empty directory.
#
#   ops/deploy/systemd/copy-checkout.sh FROM TO
#
# Nothing is put into TO before all of it is read: an upgrade that did not happen must not look like one that did. Of a pipe a shell
# sees the last command alone, so that there is none here.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=ops/deploy/script.sh
. "$here/../script.sh"
[ $# -eq 2 ] || usage
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 1' HUP INT TERM
# Git refuses, for one, what belongs to another user.
git -C "$1" ls-files -z >"$place/files"
[ -s "$place/files" ] || fail "git names no file in $1"
tar -C "$1" --null -T "$place/files" -cf "$place/app.tar"
tar -C "$2" --no-same-owner -xf "$place/app.tar"
# The users of the services read all of it, whatever the umask was that the checkout was made under, and change nothing.
chmod -R u=rwX,go=rX "$2"
