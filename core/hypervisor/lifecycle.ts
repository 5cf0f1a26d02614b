/** The states of a VM, and which operation is possible in which. @module */

/**
 * `loaded`: everything is in place and nothing has run. `paused`: it keeps all it has, and its time
 * stands still. `stopping`: its guest has been asked to power off, and will be cut off if it does
 * not. `stopped`: it has powered off or was cut off. `failed`: it could not go on.
 *
 * A VM that is stopped or has failed has nothing of the machine any more.
 */
export type VmState = "loaded" | "running" | "paused" | "stopping" | "stopped" | "failed";

/** What people can ask of a VM. `kill` stops it without asking its guest. */
export type VmOperation = "start" | "pause" | "resume" | "stop" | "kill" | "restart" | "delete";

interface Transition {
  readonly from: readonly VmState[];
  /** The state that follows, when everything goes well. */
  readonly to: VmState | "deleted";
}

/**
 * Every operation. `stop` goes on to `stopped`, at once where there is no guest that could be asked;
 * guests end in `stopped` or `failed` by themselves.
 */
export const Transitions: { readonly [O in VmOperation]: Transition } = {
  start: { from: ["loaded", "stopped", "failed"], to: "running" },
  pause: { from: ["running"], to: "paused" },
  resume: { from: ["paused"], to: "running" },
  stop: { from: ["loaded", "running", "paused"], to: "stopping" },
  kill: { from: ["loaded", "running", "paused", "stopping"], to: "stopped" },
  restart: {
    from: ["loaded", "running", "paused", "stopping", "stopped", "failed"],
    to: "running",
  },
  delete: { from: ["loaded", "stopped", "failed"], to: "deleted" },
};

/** What has come of an operation; `why` is a sentence for people. */
export type Result = { readonly ok: true } | Refusal;

/** An operation that could not be done; a VM that could not be restarted has been cut off. */
export interface Refusal {
  readonly ok: false;
  readonly why: string;
}

export const Done: Result = { ok: true };

/** Refuses `operation` in words: "Cannot pause vm2: it must be running, it is stopped". */
export function refuse(operation: string, label: string, why: string): Refusal {
  return { ok: false, why: `Cannot ${operation} ${label}: ${why}` };
}

/** Why `operation` is not possible in `state`; undefined when it is. */
export function wrongState(operation: VmOperation, state: VmState): string | undefined {
  const { from } = Transitions[operation];
  return from.includes(state) ? undefined : `it must be ${listed(from)}, it is ${state}`;
}

/** "a", "a or b", "a, b or c". */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
