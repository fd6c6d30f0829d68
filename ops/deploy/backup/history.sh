# shellcheck shell=sh
# What the scripts of this folder share: the database that a URL names, and whether a backup is whole. Read after script.sh.

# Sets `url` to the database of DATABASE_OWNER_URL or DATABASE_OWNER_URL_FILE, without its password; empty where neither is set. The
# password goes by a variable: everybody may read the list of processes.
find_database() {
  if [ -z "${DATABASE_OWNER_URL:-}" ] && [ -n "${DATABASE_OWNER_URL_FILE:-}" ]; then
    DATABASE_OWNER_URL=$(cat "$DATABASE_OWNER_URL_FILE") || fail "$DATABASE_OWNER_URL_FILE cannot be read"
  fi
  url=
  [ -n "${DATABASE_OWNER_URL:-}" ] || return 0
  url=$(printf '%s' "$DATABASE_OWNER_URL" | sed 's|^\([a-z]*://[^:/@]*\):[^@]*@|\1@|')
  password=$(printf '%s' "$DATABASE_OWNER_URL" | sed -n 's|^[a-z]*://[^:/@]*:\([^@]*\)@.*|\1|p')
  case $url in
  *[Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd]*=* | *@*@*)
    fail 'the password in DATABASE_OWNER_URL is not where it is looked for (NAME:PASSWORD@HOST): leave it out there, and put it into a file named by PGPASSFILE'
    ;;
  esac
  case $password in
  *%*) fail 'the password in DATABASE_OWNER_URL has an escape: leave it out there, and put it into a file named by PGPASSFILE' ;;
  '') ;;
  *) export PGPASSWORD="$password" ;;
  esac
}

check_backup() { # DIRECTORY
  [ -f "$1/SHA256SUMS" ] || fail "$1 is not a backup that backup.sh finished: SHA256SUMS is missing"
  (cd "$1" && sha256sum --quiet -c SHA256SUMS) || fail "$1 is damaged: take another one"
  # What is not on the list was not copied with the rest: segments of two journals in one directory would be taken for one.
  listed=$(sed 's/^[0-9a-f]*  //' "$1/SHA256SUMS" | sort)
  there=$(cd "$1" && find . -type f ! -name SHA256SUMS | sort)
  [ "$listed" = "$there" ] || fail "$1 has files that backup.sh did not put there: take another one, or find out what they are and remove them"
}
