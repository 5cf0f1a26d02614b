/** Names of PSTATE fields and maintenance instructions, by encoding. Table file. @module */

/** Fields of MSR (immediate) by op1:op2, and the flag manipulations beside them. */
export const PstateNames: Readonly<Record<number, string>> = {
  0: "cfinv",
  1: "xaflag",
  2: "axflag",
  3: "uao",
  4: "pan",
  5: "spsel",
  25: "ssbs",
  26: "dit",
  30: "daifset",
  31: "daifclr",
};

const key = (op1: number, crn: number, crm: number, op2: number) =>
  (1 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

type Row = readonly [
  op1: number,
  crn: number,
  crm: number,
  op2: number,
  text: string,
  register?: 0,
];

const rows: readonly Row[] = [
  [0, 7, 1, 0, "ic ialluis", 0],
  [0, 7, 5, 0, "ic iallu", 0],
  [3, 7, 5, 1, "ic ivau"],
  [0, 7, 6, 1, "dc ivac"],
  [0, 7, 6, 2, "dc isw"],
  [0, 7, 10, 2, "dc csw"],
  [0, 7, 14, 2, "dc cisw"],
  [3, 7, 4, 1, "dc zva"],
  [3, 7, 10, 1, "dc cvac"],
  [3, 7, 11, 1, "dc cvau"],
  [3, 7, 12, 1, "dc cvap"],
  [3, 7, 13, 1, "dc cvadp"],
  [3, 7, 14, 1, "dc civac"],
  [0, 7, 8, 0, "at s1e1r"],
  [0, 7, 8, 1, "at s1e1w"],
  [0, 7, 8, 2, "at s1e0r"],
  [0, 7, 8, 3, "at s1e0w"],
  [0, 7, 9, 0, "at s1e1rp"],
  [0, 7, 9, 1, "at s1e1wp"],
  [4, 7, 8, 0, "at s1e2r"],
  [4, 7, 8, 1, "at s1e2w"],
  [4, 7, 8, 4, "at s12e1r"],
  [4, 7, 8, 5, "at s12e1w"],
  [4, 7, 8, 6, "at s12e0r"],
  [4, 7, 8, 7, "at s12e0w"],
  [6, 7, 8, 0, "at s1e3r"],
  [6, 7, 8, 1, "at s1e3w"],
  [0, 8, 3, 0, "tlbi vmalle1is", 0],
  [0, 8, 3, 1, "tlbi vae1is"],
  [0, 8, 3, 2, "tlbi aside1is"],
  [0, 8, 3, 3, "tlbi vaae1is"],
  [0, 8, 3, 5, "tlbi vale1is"],
  [0, 8, 3, 7, "tlbi vaale1is"],
  [0, 8, 7, 0, "tlbi vmalle1", 0],
  [0, 8, 7, 1, "tlbi vae1"],
  [0, 8, 7, 2, "tlbi aside1"],
  [0, 8, 7, 3, "tlbi vaae1"],
  [0, 8, 7, 5, "tlbi vale1"],
  [0, 8, 7, 7, "tlbi vaale1"],
  [4, 8, 0, 1, "tlbi ipas2e1is"],
  [4, 8, 0, 5, "tlbi ipas2le1is"],
  [4, 8, 4, 1, "tlbi ipas2e1"],
  [4, 8, 4, 5, "tlbi ipas2le1"],
  [4, 8, 3, 0, "tlbi alle2is", 0],
  [4, 8, 3, 1, "tlbi vae2is"],
  [4, 8, 3, 4, "tlbi alle1is", 0],
  [4, 8, 3, 5, "tlbi vale2is"],
  [4, 8, 3, 6, "tlbi vmalls12e1is", 0],
  [4, 8, 7, 0, "tlbi alle2", 0],
  [4, 8, 7, 1, "tlbi vae2"],
  [4, 8, 7, 4, "tlbi alle1", 0],
  [4, 8, 7, 5, "tlbi vale2"],
  [4, 8, 7, 6, "tlbi vmalls12e1", 0],
  [6, 8, 3, 0, "tlbi alle3is", 0],
  [6, 8, 3, 1, "tlbi vae3is"],
  [6, 8, 3, 5, "tlbi vale3is"],
  [6, 8, 7, 0, "tlbi alle3", 0],
  [6, 8, 7, 1, "tlbi vae3"],
  [6, 8, 7, 5, "tlbi vale3"],
];

/** Text of a SYS instruction by key (op0:op1:CRn:CRm:op2), and whether it takes a register. */
export const MaintenanceNames: Readonly<
  Record<number, readonly [text: string, takesRegister: boolean]>
> = Object.fromEntries(
  rows.map(([op1, crn, crm, op2, text, register]) => [
    key(op1, crn, crm, op2),
    [text, register === undefined] as const,
  ]),
);
