# shellcheck shell=sh
# npm, compilers and apt-get need no key, token or database URL: what they may see is listed, all else is unset before they run.
# The same list as ops/stack/tool-environment.ts.

drop_environment() {
  for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    case $name in
    PATH | HOME | USER | LOGNAME | SHELL | TMPDIR | TZ | LANG | LANGUAGE | LC_* | TERM | NO_COLOR) ;;
    XDG_CACHE_* | XDG_CONFIG_* | XDG_DATA_* | XDG_RUNTIME_*) ;;
    [Hh][Tt][Tt][Pp]_[Pp][Rr][Oo][Xx][Yy] | [Hh][Tt][Tt][Pp][Ss]_[Pp][Rr][Oo][Xx][Yy] | [Ff][Tt][Pp]_[Pp][Rr][Oo][Xx][Yy]) ;;
    [Aa][Ll][Ll]_[Pp][Rr][Oo][Xx][Yy] | [Nn][Oo]_[Pp][Rr][Oo][Xx][Yy]) ;;
    SSL_CERT_FILE | SSL_CERT_DIR | NODE_EXTRA_CA_CERTS | CURL_CA_BUNDLE) ;;
    # Not all of BUN_CONFIG_*: some of it turns off the checksums, or the lock file.
    [Nn][Pp][Mm]_[Cc][Oo][Nn][Ff][Ii][Gg]_* | BUN_CONFIG_REGISTRY | BUN_CONFIG_TOKEN | NVM_* | UNRIP_CACHE) ;;
    JAVA_HOME | JAVA_TOOL_OPTIONS | MAVEN_OPTS | MAVEN_ARGS | M2_HOME | LD_LIBRARY_PATH) ;;
    CC | CXX | CFLAGS | CXXFLAGS | CPPFLAGS | LDFLAGS | MAKEFLAGS | PKG_CONFIG_PATH) ;;
    SDKROOT | MACOSX_DEPLOYMENT_TARGET | DEVELOPER_DIR) ;;
    # Variables of the launcher; they are in the list when a value of several lines holds such a line.
    root | cache | bun | bun_version | addon | stamp | state | name) ;;
    # Some shells keep a few of their own from being unset; by itself the failure of `unset` would end the shell.
    *) command unset "$name" 2>/dev/null || true ;;
    esac
  done
}
