/** A VM's serial line as the outside keeps hold of it, whatever becomes of the UART. @module */

import type { VmConsole } from "./vm.ts";

/** The outside's end; the guest's is plugged in anew with every start of the VM. */
export interface ConsoleLine extends VmConsole {
  /** Connects the UART of a VM that has just been made, or none. */
  plug(port: VmConsole | undefined): void;
}

/** A line with nothing plugged in. */
export function consoleLine(): ConsoleLine {
  let port: VmConsole | undefined;
  let take: (byte: number) => void = () => {};
  let ready = () => {};
  /** Reads of UARTs that are gone. */
  let earlier = 0;
  return {
    plug(next) {
      earlier += port?.emptyReads() ?? 0;
      port?.onTransmit(() => {});
      port?.onReady(() => {});
      port = next;
      earlier -= port?.emptyReads() ?? 0;
      port?.onTransmit((byte) => take(byte));
      port?.onReady(() => ready());
    },
    onTransmit: (call) => void (take = call),
    onReady: (call) => void (ready = call),
    canReceive: () => port?.canReceive() ?? false,
    receive: (byte) => port?.receive(byte) ?? false,
    emptyReads: () => earlier + (port?.emptyReads() ?? 0),
  };
}
