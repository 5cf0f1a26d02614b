/** The monitor at hvsim's own terminal: a console like those of guests. @module */

import type { Console } from "../console_line.ts";
import { lineEditor } from "./line_editor.ts";

/** What a prompt is for. */
export interface PromptHost {
  /** Does what a line asks for; the answer. */
  answer(line: string): string;
  complete(line: string): readonly string[];
  /** Goes back to where the user came from. */
  leave(): void;
}

const Greeting = "help lists the commands; Ctrl-A c or Ctrl-D goes back to the guests\n";

/** The prompt, waiting for the first line. */
export function promptConsole(host: PromptHost): Console {
  const encoder = new TextEncoder();
  const editor = lineEditor("hvsim> ", (line) => host.complete(line));
  let take: (byte: number) => void = () => {};
  const show = (text: string) => encoder.encode(text).forEach((byte) => take(byte));
  const say = (text: string) => show(text.replaceAll(/\r?\n/g, "\r\n"));
  return {
    name: "monitor",
    canReceive: () => true,
    receive(byte) {
      const { shown, line, leaves } = editor.take(byte);
      show(shown);
      if (line !== undefined) {
        say(host.answer(line));
        show(editor.prompt);
      }
      if (leaves) host.leave();
      return true;
    },
    emptyReads: () => 0,
    onTransmit(to) {
      take = to;
      say(`${Greeting}${editor.prompt}`);
    },
  };
}
