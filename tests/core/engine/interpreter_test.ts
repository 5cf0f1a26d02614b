import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { EngineOptions } from "../../../core/engine/interpreter.ts";
import { MemoryMap } from "../../../core/memory_map.ts";
import { EngineRig, engines } from "./rig.ts";

/** The program's last words lie in the next page. */
const LoopStart = 0x1_0fe0;
const Data = 0x2_0000;

const loop = [
  0xd280_00e0, // start: mov x0, #7
  0xd280_0002, //        mov x2, #0
  0xf940_0023, // again: ldr x3, [x1]
  0x8b03_0042, //        add x2, x2, x3
  0xf900_0422, //        str x2, [x1, #8]
  0xf100_0400, //        subs x0, x0, #1
  0xca02_0463, //        eor x3, x3, x2, lsl #1
  0xf900_0023, //        str x3, [x1]
  0x9400_0006, //        bl sum
  0xb400_0080, //        cbz x0, restart
  0x3600_0040, //        tbz w0, #0, even
  0x9100_0484, //        add x4, x4, #1
  0x17ff_fff6, // even:  b again
  0x17ff_fff3, // restart: b start
  0xab02_00a5, // sum:   adds x5, x5, x2
  0x9a00_00c6, //        adc x6, x6, x0
  0xd65f_03c0, //        ret
];

function loopRig(options: EngineOptions): EngineRig {
  const rig = new EngineRig(options);
  rig.map(0x1_0000, 0, "code");
  rig.map(0x1_1000, 0x1000, "code");
  rig.map(Data, 0x2000, "data");
  rig.load(LoopStart, loop);
  return rig;
}

function restart(rig: EngineRig): void {
  rig.state.x.fill(0n, 0, 33);
  rig.state.x[1] = BigInt(Data);
  rig.state.setNzcv(0);
  rig.state.setU64("pc", BigInt(LoopStart));
  rig.write64(Data, 0x0123_4567_89ab_cdefn);
  rig.write64(Data + 8, 0n);
}

function whole(rig: EngineRig): string {
  return [rig.snapshot(), rig.read64(Data), rig.read64(Data + 8)].join(" ");
}

/** The states after 0, 1, 2 ... instructions, interpreted one at a time. */
function expectedStates(count: number): string[] {
  const rig = loopRig({ translate: false });
  restart(rig);
  const states = [whole(rig)];
  for (let i = 0; i < count; i++) {
    rig.run(1);
    states.push(whole(rig));
  }
  return states;
}

const Longest = 200;
const states = expectedStates(Longest);

Deno.test("engine: the loop that these tests run changes state with every instruction", () => {
  assertEquals(new Set(states).size, Longest + 1);
});

Deno.test("engine: the translator's rig does translate", () => {
  const rig = loopRig(engines.translator as EngineOptions);
  restart(rig);
  rig.run(Longest);
  assert((rig.engine.translator?.stats.regions ?? 0) > 1);
});

for (const [name, options] of Object.entries(engines)) {
  Deno.test(`engine: the ${name} stops after exactly as many instructions as asked`, () => {
    const rig = loopRig(options);
    for (let count = 1; count <= Longest; count++) {
      restart(rig);
      assertEquals(rig.run(count), 0);
      assertEquals(whole(rig), states[count], `after ${count}`);
    }
  });

  Deno.test(`engine: the ${name} gives the same states in pieces of any size`, () => {
    const rig = loopRig(options);
    for (let piece = 1; piece <= 50; piece++) {
      restart(rig);
      for (let at = piece; at <= Longest; at += piece) {
        rig.run(piece);
        assertEquals(whole(rig), states[at], `after ${at} in pieces of ${piece}`);
      }
    }
  });

  Deno.test(`engine: the ${name} executes what code has stored over itself`, () => {
    const rig = new EngineRig(options);
    rig.map(0x1_0000, 0, "code");
    rig.load(0x1_0000, [
      0x9100_0400, // again: add x0, x0, #1
      0xb900_0041, //        str w1, [x2]
      0x9100_0463, //        add x3, x3, #1
      0xf100_0c7f, //        cmp x3, #3
      0x54ff_ff81, //        b.ne again
      0x1400_0000, //        b .
    ]);
    rig.state.x[1] = 0x9100_4000n; // add x0, x0, #16
    rig.state.x[2] = 0x1_0000n;
    rig.state.setU64("pc", 0x1_0000n);
    rig.run(100);
    assertEquals(rig.state.x[0], 1n + 16n + 16n);
    assertEquals(rig.state.u64("pc"), 0x1_0014n);
  });

  Deno.test(`engine: the ${name} executes a store's successor as stored`, () => {
    const rig = new EngineRig(options);
    rig.map(0x1_0000, 0, "code");
    rig.load(0x1_0000, [
      0xb900_0041, // str w1, [x2]
      0xd280_0020, // mov x0, #1
      0x1400_0000, // b .
    ]);
    rig.state.x[1] = 0xd280_0040n; // mov x0, #2
    rig.state.x[2] = 0x1_0004n;
    rig.state.setU64("pc", 0x1_0000n);
    rig.run(2);
    assertEquals(rig.state.x[0], 2n);
  });

  Deno.test(`engine: the ${name} notices code written from outside, also above 4 GiB`, () => {
    for (const offset of [0, 0x7000_0000, 0x1_0000_0000]) {
      const rig = new EngineRig(options, offset + 0x1000);
      rig.map(0x1_0000, offset, "code");
      rig.load(0x1_0000, [0x9100_0400, 0x17ff_ffff]); // add x0, x0, #1; b 0x10000
      rig.state.setU64("pc", 0x1_0000n);
      rig.run(200);
      assertEquals(rig.state.x[0], 100n);
      rig.load(0x1_0000, [0x9100_4000]); // add x0, x0, #16
      rig.run(200);
      assertEquals(rig.state.x[0], 1700n, offset.toString(16));
    }
  });

  Deno.test(`engine: the ${name} goes on when it has run out of record pages`, () => {
    const rig = new EngineRig({ ...options, recordPages: 2 });
    for (const page of [0, 1, 2]) {
      rig.map(0x1_0000 + page * 0x1000, page * 0x1000, "code");
      // add x0, x0, #1 << 12 * page; br x1, x2, x3
      const add = [0x9100_0400, 0x9140_0400, 0x9100_4000][page] as number;
      rig.load(0x1_0000 + page * 0x1000, [add, 0xd61f_0000 | ((page + 1) << 5)]);
      rig.state.x[page + 1] = BigInt(0x1_0000 + ((page + 1) % 3) * 0x1000);
    }
    rig.state.setU64("pc", 0x1_0000n);
    assertEquals(rig.run(6 * 10), 0);
    assertEquals(rig.state.x[0], 10n * (1n + 4096n + 16n));
    assertEquals(rig.kept.slice(0, 5), [true, true, false, true, false]);
  });

  Deno.test(`engine: the ${name} forgets pages that hold code no more, and uses their records again`, () => {
    const rig = new EngineRig({ ...options, recordPages: 2 });
    for (let page = 0; page < 8; page++) {
      rig.map(0x1_0000, page * 0x1000, "code");
      rig.load(0x1_0000, [0x9100_0400 | (page << 10), 0x17ff_ffff]); // add x0, x0, #page; b .-4
      rig.state.setU64("pc", 0x1_0000n);
      rig.state.x[0] = 0n;
      assertEquals([rig.run(200), rig.state.x[0]], [0, BigInt(100 * (page | 1))]);
      const host = MemoryMap.ram + page * 0x1000;
      assert(rig.engine.isCodePage(host));
      rig.engine.dropCodePage(host);
      assertEquals([rig.engine.isCodePage(host), rig.engine.codePages], [false, 0]);
    }
    assertEquals(rig.kept, new Array(8).fill(true));
  });

  Deno.test(`engine: the ${name} leaves where no code is mapped, exactly`, () => {
    const rig = new EngineRig(options);
    rig.map(0x1_0000, 0, "code");
    rig.load(0x1_0ff8, [0x9100_0400, 0x9100_0400]); // add x0, x0, #1, to the end of the page
    rig.state.setU64("pc", 0x1_0ff8n);
    assertEquals(rig.run(10), 8);
    assertEquals([rig.state.x[0], rig.state.u64("pc")], [2n, 0x1_1000n]);
    // A branch, then a misaligned PC.
    rig.load(0x1_0000, [0x1400_0800, 0xd61f_0020]); // b 0x12000; br x1
    rig.state.setU64("pc", 0x1_0000n);
    assertEquals([rig.run(10), rig.state.u64("pc")], [9, 0x1_2000n]);
    rig.state.x[1] = 0x1_0002n;
    rig.state.setU64("pc", 0x1_0004n);
    assertEquals([rig.run(10), rig.state.u64("pc")], [9, 0x1_0002n]);
  });

  Deno.test(`engine: the ${name} wraps the PC at 64 bits`, () => {
    const rig = new EngineRig(options);
    rig.map(0x1_0000, 0, "code");
    rig.load(0x1_0000, [0xd61f_0020]); // br x1
    rig.state.x[1] = 0xffff_ffff_ffff_fffcn;
    rig.state.setU64("pc", 0x1_0000n);
    rig.state.setU64("budget", 5n);
    rig.run(5);
    assertEquals(rig.state.u64("pc"), 0xffff_ffff_ffff_fffcn);
    assertNotEquals(rig.state.u32("budget"), 0);
  });
}

for (const translate of [false, true]) {
  const engine = translate ? "translator" : "interpreter";
  Deno.test(`engine: the ${engine} takes pages with code for data when they are stored to`, () => {
    const rig = new EngineRig({ translate, hotCount: 1, storesToData: 4 });
    rig.map(0x1_0000, 0, "code");
    rig.map(0x1_1000, 0x1000, "code");
    rig.load(0x1_0000, [0xd61f_0020]); // br x1
    rig.load(0x1_1000, [0x9100_0400, 0x9100_0400, 0xd61f_0040]); // add x0, x0, #1, twice; br x2
    rig.state.x[1] = 0x1_1000n;
    rig.state.x[2] = 0x1_0000n;
    rig.state.setU64("pc", 0x1_0000n);
    rig.run(4);
    const page = MemoryMap.ram + 0x1000;
    assertEquals([rig.state.x[0], rig.engine.isCodePage(page)], [2n, true]);
    for (let i = 0; i < 4; i++) rig.load(0x1_1100, [0]);
    rig.load(0x1_1004, [0x9100_2000]); // add x0, x0, #8
    rig.run(1); // br x1
    assertEquals(rig.engine.isCodePage(page), false);
    rig.run(3);
    assertEquals([rig.state.x[0], rig.engine.isCodePage(page)], [11n, true]);
    // It takes twice as many stores the next time.
    for (let i = 0; i < 7; i++) rig.load(0x1_1100, [0]);
    rig.run(1);
    assertEquals(rig.engine.isCodePage(page), true);
    rig.load(0x1_1100, [0]);
    rig.run(4);
    assertEquals([rig.state.x[0], rig.engine.codePages], [20n, 2]);
  });
}
