// The environment that foreign programs get: package managers, compilers, Java, `ps`. What they need to run and to reach their
// registries is listed; keys, tokens and addresses of the project are not on the list, nor is anything that nobody thought of.

type Environment = Readonly<Record<string, string | undefined>>;

const NEEDED: readonly RegExp[] = [
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+|TERM|NO_COLOR|XDG_(?:CACHE|CONFIG|DATA|RUNTIME)_[A-Z]+)$/,
  /^(?:https?|ftp|all|no)_proxy$/i,
  /^(?:SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|CURL_CA_BUNDLE)$/,
  // Where packages come from, as the user told these programs. Other BUN_CONFIG_* turn off the checksums, or the lock file.
  /^(?:npm_config_[a-z0-9_/:.@-]+|BUN_CONFIG_(?:REGISTRY|TOKEN)|NVM_[A-Z_]+|UNRIP_CACHE)$/i,
  /^(?:JAVA_HOME|JAVA_TOOL_OPTIONS|MAVEN_OPTS|MAVEN_ARGS|M2_HOME|LD_LIBRARY_PATH)$/,
  /^(?:CC|CXX|CFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|MAKEFLAGS|PKG_CONFIG_PATH|SDKROOT|MACOSX_DEPLOYMENT_TARGET|DEVELOPER_DIR)$/,
];

/** @param added what this program gets besides, `DEBIAN_FRONTEND` for instance */
export function toolEnvironment(
  added: Readonly<Record<string, string>> = {},
  environment: Environment = process.env,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && NEEDED.some((pattern) => pattern.test(name))) kept[name] = value;
  }
  return { ...kept, ...added };
}
