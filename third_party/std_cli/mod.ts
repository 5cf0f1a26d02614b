/** placeholder @module */
export function parseArgs(): never { throw new Error("x"); }
