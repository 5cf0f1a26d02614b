/** `--trace`: the format by the file's name. @module */

import type { Value } from "../values.ts";
import { chromeTrace } from "./chrome.ts";
import { jsonLines } from "./json_lines.ts";
import { openTextFile } from "./trace_file.ts";
import type { Tracer, Write } from "./tracer.ts";

const formats: Readonly<Record<string, (write: Write) => Tracer>> = {
  ".jsonl": jsonLines,
  ".json": chromeTrace,
};

const formatOf = (path: string) => Object.keys(formats).find((ending) => path.endsWith(ending));

/** A file whose ending says what is written into it. */
export const tracePath: Value<string> = {
  expected: "a file whose name ends in .json, for Perfetto, or .jsonl, with a line for each exit",
  parse: (text) => formatOf(text) === undefined ? undefined : text,
};

/** Opens the trace. @throws {UsageError} When the file cannot be written. */
export function openTrace(path: string, log: (message: string) => void): Tracer {
  const file = openTextFile(path, log);
  const tracer = formats[formatOf(path) ?? ".json"] as (write: Write) => Tracer;
  const { powerOn, end } = tracer(file.write);
  return {
    powerOn,
    end(ns) {
      end(ns);
      file.close();
    },
  };
}
