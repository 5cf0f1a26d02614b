/** Commands that have come while guests ran, and wait for the end of a slice. @module */

/** Takes lines at any time; they are answered between two runs. */
export interface CommandQueue {
  /** Something waits. */
  readonly waiting: boolean;
  /** The answer comes when {@linkcode CommandQueue.serve} has got to the line. */
  submit(line: string): Promise<string>;
  /** Answers what waits, in its order. */
  serve(answer: (line: string) => string): void;
}

interface Waiting {
  readonly line: string;
  readonly resolve: (answer: string) => void;
}

/** An empty queue; `arrived` is called when something has come. */
export function commandQueue(arrived: () => void): CommandQueue {
  let queue: Waiting[] = [];
  return {
    get waiting() {
      return queue.length > 0;
    },
    submit: (line) =>
      new Promise((resolve) => {
        queue.push({ line, resolve });
        arrived();
      }),
    serve(answer) {
      const now = queue;
      queue = [];
      for (const { line, resolve } of now) resolve(answer(line));
    },
  };
}
