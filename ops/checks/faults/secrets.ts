// Faults that were found in use, of secrets, of the files that a start reads and makes, and of the programs that it runs.

import type { Fault } from './fault.ts';

export const SECRETS_FAULTS: readonly Fault[] = [
  {
    sentence:
      'A token of the control API that has leaked is replaced without a restart, and whoever follows the events with it is disconnected.',
    file: 'contracts/runtime/config/watched-tokens.test.ts',
    test: 'tokens that are added, removed or replaced are taken, and named in the log',
  },
  {
    sentence:
      'Removing or emptying the file of tokens ends the tokens in it; a file that is just being replaced ends none.',
    file: 'contracts/runtime/config/watched-tokens.test.ts',
    test: 'one that is %s has no tokens: those that it had are refused, until it has some again',
  },
  {
    sentence: 'A secret that systemd or Kubernetes hands over, as a file of root for a group, behind links, is read.',
    file: 'contracts/runtime/config/file-permissions.test.ts',
    test: 'a credential of systemd, and a secret of Kubernetes behind its links, are read',
  },
  {
    sentence: 'A secret file that is refused comes with a fix that can be carried out on its kind of mount.',
    file: 'contracts/runtime/config/file-permissions.test.ts',
    test: 'the fix is one that can be carried out where the file is',
  },
  {
    sentence: 'A pipe, a device or a socket in place of a secret file is refused at once.',
    file: 'contracts/runtime/config/file-permissions.test.ts',
    test: 'what is no regular file is refused at once, whatever it is',
  },
  {
    sentence: 'Every secret can be given as a file, and the white space around its content does not count.',
    file: 'contracts/runtime/config/secrets.test.ts',
    test: '%s is read from the file that its _FILE form names, trimmed',
  },
  {
    sentence: 'A secret that is given both as a value and as a file is refused.',
    file: 'contracts/runtime/config/secrets.test.ts',
    test: '%s that is set in two ways is refused, wherever the two are',
  },
  {
    sentence: 'A `.env` that somebody else can change is refused, whether it holds a secret or not.',
    file: 'contracts/runtime/config/secrets.test.ts',
    test: 'that others may write is refused (%p)',
  },
  {
    sentence: 'A `.env` of another user is refused.',
    file: 'contracts/runtime/config/secrets.test.ts',
    test: 'of another user is refused, without a secret as well',
  },
  {
    sentence: 'A `.env` that is a pipe does not hold up the start.',
    file: 'contracts/runtime/config/secrets.test.ts',
    test: 'that is a pipe is refused without waiting for a writer',
  },
  {
    sentence: 'A password in a URL is a secret, so the `.env` that it is in has to be closed.',
    file: 'contracts/runtime/config/secrets.test.ts',
    test: 'that all may read must not hold %p',
  },
  {
    sentence: 'A state directory of another user is refused, by root as well.',
    file: 'contracts/runtime/process/state-dir.test.ts',
    test: 'one of another user is refused and stays as it is, by root as well',
  },
  {
    sentence: 'A volume that belongs to root and cannot be closed gets a closed directory inside.',
    file: 'contracts/runtime/process/state-dir.test.ts',
    test: "a volume of root's that a group may write gets a closed directory inside, which is said",
  },
  {
    sentence: 'A link that somebody put into the state directory is not written through.',
    file: 'contracts/runtime/process/state-dir.test.ts',
    test: 'a link in place of %s is refused, and its target is left alone',
  },
  {
    sentence: 'A link in place of control.json is replaced, not followed.',
    file: 'contracts/runtime/process/own-file.test.ts',
    test: 'a link in place of the file is replaced, and its target is left alone',
  },
  {
    sentence: 'Programs that a command starts get neither keys nor tokens nor database URLs.',
    file: 'ops/stack/tool-environment.test.ts',
    test: 'nothing that the project reads is handed on, nor what nobody listed',
  },
  {
    sentence: 'Every place that starts a program or a Worker says which environment it gets.',
    file: 'ops/checks/children.test.ts',
    test: 'every program and Worker that is started gets an environment of its own',
  },
  {
    sentence: 'npm, compilers and apt-get of the launcher get neither keys nor tokens nor database URLs.',
    file: 'ops/toolchain/launcher.test.ts',
    test: 'what the launcher fetches and builds with gets no key, token or database URL',
  },
  {
    sentence: 'A process leaves no core dump with its key, and has descriptors for its clients.',
    file: 'ops/toolchain/launcher.test.ts',
    test: 'no core dumps, and as many descriptors as the system allows, up to a bound',
  },
  {
    sentence: 'Jars that were changed on their way are not run.',
    file: 'ops/stack/pins.test.ts',
    test: 'jars that were changed, added or left out are found',
  },
  {
    sentence: 'Every build of Bun that the launcher may fetch is pinned by its checksum.',
    file: 'ops/toolchain/pins.test.ts',
    test: 'every package that can be fetched as %s is pinned by its checksum',
  },
  {
    sentence: 'Nothing is run out of a cache that another user owns or can write.',
    file: 'ops/toolchain/launcher-cache.test.ts',
    test: 'a cache that somebody else can write is not run',
  },
  {
    sentence: 'Under any umask, Bun and what else is run is made so that nobody else can replace it.',
    file: 'ops/toolchain/launcher-cache.test.ts',
    test: 'with umask %s nothing is made that others could write',
  },
  {
    sentence: 'Neither Bun nor compiled code is taken from the current directory.',
    file: 'ops/toolchain/launcher-cache.test.ts',
    test: 'a cache that depends on the current directory is refused: %p',
  },
  {
    sentence: 'An editor that asks all Bun processes for a debugger gets none, and so no key.',
    file: 'ops/toolchain/launcher-cache.test.ts',
    test: 'no debugger is opened that an editor asked for, and code is kept in the cache alone',
  },
  {
    sentence: 'No variable turns off the checksums of what is fetched, or has packages taken from elsewhere.',
    file: 'ops/toolchain/launcher-cache.test.ts',
    test: 'packages come out of the cache of the launcher, with their checksums compared',
  },
  {
    sentence: 'The Worker that faces clients of the control API has no key in its environment.',
    file: 'contracts/runtime/control/bridge.test.ts',
    test: 'the Worker that faces clients sees nothing of the environment, in which keys may be',
  },
  {
    sentence:
      'No process of the same user reads a key out of memory or /proc, and no core dump that goes to a program holds one.',
    file: 'contracts/runtime/process/closed-process.test.ts',
    test: 'every command closes its memory to debuggers, and to core dumps that go to a program',
  },
  {
    sentence: 'A process does not start with certificates unchecked, nor with its API keys written to standard error.',
    file: 'contracts/runtime/config/platform.test.ts',
    test: 'a variable of Bun that breaks a promise is refused, with the fix',
  },
  {
    sentence: 'A password of the database among the arguments of a command is refused.',
    file: 'ops/cli/migrate.test.ts',
    test: 'a password among the arguments, where every user sees it, is refused: %p',
  },
  {
    sentence: 'A value of KAFKA_CONFIG_JSON that the client does not take is not shown.',
    file: 'engine/bus/link/kafka-link.test.ts',
    test: 'settings that the client does not take are named as such, without their value',
  },
  {
    sentence: 'The control token does not go to whoever has the port of an engine that was killed.',
    file: 'ops/cli/arm.test.ts',
    test: 'the token does not go to whoever has the port of an engine that was killed',
  },
  {
    sentence: 'The engine is found for arming and disarming where the volume of its state could not be closed.',
    file: 'contracts/runtime/process/state-dir.test.ts',
    test: 'whoever looks for the state finds it in there',
  },
  {
    sentence: 'A control token that can be guessed is refused also where somebody wrote it into its file.',
    file: 'contracts/runtime/config/secret-file.test.ts',
    test: 'a control token that can be guessed, or that no header can hold, is refused: %p',
  },
  {
    sentence: 'On a full disk a start leaves no half token behind and names the disk.',
    file: 'contracts/runtime/config/secret-file.test.ts',
    test: 'a control token that cannot be made leaves nothing behind, and the reason is named',
  },
  {
    sentence: 'A password inside of KAFKA_CONFIG_JSON is taken out of logs like any other secret.',
    file: 'contracts/runtime/kafka/settings.test.ts',
    test: 'passwords, keys and what holds them are known as secrets, and nothing else is',
  },
  {
    sentence: 'No error of a command shows a secret that the command was given, database and Kafka passwords included.',
    file: 'ops/cli/main.test.ts',
    test: 'nor does anything that was given as one, in whichever form',
  },
  {
    sentence: 'What a server answers does not steer the terminal of an operator.',
    file: 'ops/cli/main.test.ts',
    test: 'what a server answers does not steer the terminal',
  },
  {
    sentence:
      'A copy of a state directory, or one restored from a backup, signs nothing until an operator has accepted it.',
    file: 'ops/harness/engine/restored.story.test.ts',
    test: 'on a restored state directory nothing is signed until an operator has accepted that it is one',
  },
  {
    sentence:
      'A password of a URL, a token or a key in a text is taken out of the log also where it follows a word or `bearer` directly.',
    file: 'contracts/runtime/log/redact.test.ts',
    test: 'no text keeps a secret, wherever it is in it and whatever word is joined to its beginning',
  },
];
