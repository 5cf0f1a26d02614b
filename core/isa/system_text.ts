/** Names of PSTATE fields and maintenance instructions, by encoding. @module @table */

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

/** TLB maintenance: by shareability (is, os, none) the CRm, and the operations of each. */
const tlbi = (
  op1: number,
  scopes: Readonly<Record<string, number>>,
  operations: readonly (readonly [op2: number, name: string, register?: 0])[],
): Row[] =>
  Object.entries(scopes).flatMap(([scope, crm]) =>
    operations.map(([op2, name, register]) => {
      const row = [op1, 8, crm, op2, `tlbi ${name}${scope}`] as const;
      return register === undefined ? row : [...row, register] as const;
    })
  );

const rows: readonly Row[] = [
  [0, 7, 1, 0, "ic ialluis", 0],
  [0, 7, 5, 0, "ic iallu", 0],
  [3, 7, 5, 1, "ic ivau"],
  [0, 7, 6, 1, "dc ivac"],
  [0, 7, 6, 2, "dc isw"],
  [0, 7, 10, 2, "dc csw"],
  [0, 7, 14, 2, "dc cisw"],
  [3, 7, 3, 4, "cfp rctx"],
  [3, 7, 3, 5, "dvp rctx"],
  [3, 7, 3, 7, "cpp rctx"],
  [0, 7, 6, 3, "dc igvac"],
  [0, 7, 6, 4, "dc igsw"],
  [0, 7, 6, 5, "dc igdvac"],
  [0, 7, 6, 6, "dc igdsw"],
  [0, 7, 10, 4, "dc cgsw"],
  [0, 7, 10, 6, "dc cgdsw"],
  [0, 7, 14, 4, "dc cigsw"],
  [0, 7, 14, 6, "dc cigdsw"],
  [3, 7, 4, 1, "dc zva"],
  [3, 7, 4, 3, "dc gva"],
  [3, 7, 4, 4, "dc gzva"],
  [3, 7, 10, 3, "dc cgvac"],
  [3, 7, 10, 5, "dc cgdvac"],
  [3, 7, 12, 3, "dc cgvap"],
  [3, 7, 12, 5, "dc cgdvap"],
  [3, 7, 13, 3, "dc cgvadp"],
  [3, 7, 13, 5, "dc cgdvadp"],
  [3, 7, 14, 3, "dc cigvac"],
  [3, 7, 14, 5, "dc cigdvac"],
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
  ...tlbi(0, { "": 7, is: 3, os: 1 }, [
    [0, "vmalle1", 0],
    [1, "vae1"],
    [2, "aside1"],
    [3, "vaae1"],
    [5, "vale1"],
    [7, "vaale1"],
  ]),
  ...tlbi(0, { "": 6, is: 2, os: 5 }, [
    [1, "rvae1"],
    [3, "rvaae1"],
    [5, "rvale1"],
    [7, "rvaale1"],
  ]),
  ...tlbi(4, { "": 7, is: 3, os: 1 }, [
    [0, "alle2", 0],
    [1, "vae2"],
    [4, "alle1", 0],
    [5, "vale2"],
    [6, "vmalls12e1", 0],
  ]),
  ...tlbi(4, { "": 6, is: 2, os: 5 }, [[1, "rvae2"], [5, "rvale2"]]),
  ...tlbi(4, { "": 4, is: 0 }, [
    [1, "ipas2e1"],
    [2, "ripas2e1"],
    [5, "ipas2le1"],
    [6, "ripas2le1"],
  ]),
  [4, 8, 4, 0, "tlbi ipas2e1os"],
  [4, 8, 4, 3, "tlbi ripas2e1os"],
  [4, 8, 4, 4, "tlbi ipas2le1os"],
  [4, 8, 4, 7, "tlbi ripas2le1os"],
  ...tlbi(6, { "": 7, is: 3, os: 1 }, [[0, "alle3", 0], [1, "vae3"], [5, "vale3"]]),
  ...tlbi(6, { "": 6, is: 2, os: 5 }, [[1, "rvae3"], [5, "rvale3"]]),
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
