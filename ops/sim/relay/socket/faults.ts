// Faults of the relay that can be set from outside: each changes its conduct, or does something to its clients once.
import { GARBAGE_FRAMES } from '../frames.ts';
import type { Clients } from './clients.ts';
import type { Conduct } from './conduct.ts';

export type RelayFaults = {
  ackDelayMs(delayMs: number): void;
  /** Replies are held back until it is called with false. */
  holdAcks(on: boolean): void;
  /** Sockets stay open, and nothing is sent on them any more, as on a dead line. What was due is lost. */
  silent(on: boolean): void;
  /** New connections are turned away with this status. */
  refuseUpgrade(status: number | null): void;
  /** The JSON-RPC answers every request with this status alone; null: as it should. */
  refuseRpc(status: number | null): void;
  /** Cuts every connection without a closing handshake; gives their number. */
  drop(): number;
  /** Every quote event is sent twice. */
  repeatQuotes(on: boolean): void;
  /** A quote that is to be taken settles as soon as it is answered, and its status leaves before the reply. */
  statusBeforeAck(on: boolean): void;
  /** A status leaves as soon as the settlement was sent, before the block of its transaction. */
  statusBeforeBlock(on: boolean): void;
  /** Auctions end at their least wait, as they do for some solvers: a later answer is refused. */
  withoutGrace(on: boolean): void;
  /** Sends frames that mean nothing to every client. */
  garbage(): void;
};

export function relayFaults(conduct: Conduct, clients: Clients): RelayFaults {
  return {
    ackDelayMs(delayMs) {
      conduct.ackDelayMs = delayMs;
    },
    holdAcks(on) {
      conduct.isHoldingReplies = on;
      if (!on) clients.releaseReplies();
    },
    silent(on) {
      conduct.isSilent = on;
    },
    refuseUpgrade(status) {
      conduct.refusedWith = status;
    },
    refuseRpc(status) {
      conduct.rpcRefusedWith = status;
    },
    drop: () => clients.connections.drop(),
    repeatQuotes(on) {
      conduct.repeatsQuotes = on;
    },
    statusBeforeAck(on) {
      conduct.isStatusFirst = on;
    },
    statusBeforeBlock(on) {
      conduct.isStatusBeforeBlock = on;
    },
    withoutGrace(on) {
      conduct.isWithoutGrace = on;
    },
    garbage: () => clients.sendToAll(...GARBAGE_FRAMES),
  };
}
