/**
 * What the fetch script says while it works: lines on stderr, and one live line on terminals.
 * @module
 */

const encoder = new TextEncoder();
const live = Deno.stderr.isTerminal();

function write(text: string): void {
  Deno.stderr.writeSync(encoder.encode(text));
}

/** Writes a line of its own, in place of a live line if there is one. */
export function say(line: string): void {
  write(`${live ? "\r\x1b[K" : ""}${line}\n`);
}

/** Runs `work` under a live line that `describe` renews; without a terminal only the first shows. */
export async function during<T>(describe: () => string, work: () => Promise<T>): Promise<T> {
  if (!live) {
    say(describe());
    return await work();
  }
  const started = performance.now();
  const draw = () => {
    const seconds = Math.floor((performance.now() - started) / 1000);
    write(`\r\x1b[K${describe()} ${seconds} s`);
  };
  draw();
  const timer = setInterval(draw, 250);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    write("\r\x1b[K");
  }
}

/** A size for people. */
export function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
