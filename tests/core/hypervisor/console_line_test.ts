import { assertEquals } from "@std/assert";
import { consoleLine } from "../../../core/hypervisor/console_line.ts";

/** A UART that takes one byte, and its guest's end. */
function uart() {
  let transmit: (byte: number) => void = () => {};
  let ready = () => {};
  const received: number[] = [];
  return {
    received,
    send: (byte: number) => transmit(byte),
    drain: () => ready(),
    port: {
      onTransmit: (take: (byte: number) => void) => void (transmit = take),
      onReady: (call: () => void) => void (ready = call),
      canReceive: () => received.length === 0,
      receive: (byte: number) => received.length === 0 && received.push(byte) > 0,
      emptyReads: () => 3,
    },
  };
}

Deno.test("console line: those who hold it hear one UART after the other", () => {
  const line = consoleLine();
  const heard: number[] = [];
  let ready = 0;
  line.onTransmit((byte) => heard.push(byte));
  line.onReady(() => ready++);
  assertEquals([line.canReceive(), line.receive(1), line.emptyReads()], [false, false, 0]);
  const [first, second] = [uart(), uart()];
  line.plug(first.port);
  first.send(1);
  first.drain();
  assertEquals([line.receive(5), line.canReceive(), first.received], [true, false, [5]]);
  line.plug(second.port);
  first.send(2);
  first.drain();
  second.send(3);
  assertEquals([heard, ready, line.canReceive()], [[1, 3], 1, true]);
  line.plug(undefined);
  assertEquals([line.canReceive(), line.receive(1)], [false, false]);
});
