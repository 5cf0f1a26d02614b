import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { type Drive, drive, driveFiles } from "../../cli/drive.ts";
import { UsageError } from "../../cli/usage_error.ts";

const plain = { readOnly: false, snapshot: false };

/** Runs `act` with a file of `bytes` bytes, and removes it. */
function withFile(bytes: number, act: (file: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    const file = join(folder, "disk.img");
    Deno.writeFileSync(file, new Uint8Array(bytes).fill(7));
    act(file);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function open(given: Partial<Drive> & { file: string }) {
  const said: string[] = [];
  const [disk] = driveFiles((message) => void said.push(message)).open([{ ...plain, ...given }]);
  if (!disk) throw new Error("one drive gives one disk");
  return { disk, said };
}

function message(file: string): string {
  return assertThrows(() => open({ file }), UsageError).message.replace(file, "F");
}

Deno.test("drive: a file and switches in any order", () => {
  assertEquals(drive.parse("file=a.img"), { file: "a.img", ...plain });
  assertEquals(drive.parse("snapshot=on,file=a=b.img,readonly=off"), {
    file: "a=b.img",
    readOnly: false,
    snapshot: true,
  });
  assertEquals(drive.parse("file=a,,b.img,readonly=on")?.file, "a,b.img");
  assertEquals(drive.parse("file=a,vm=12")?.vm, 12);
});

Deno.test("drive: what it does not know is refused", () => {
  for (
    const text of [
      "",
      "a.img",
      "file=",
      "file=a,if=none",
      "file=a,readonly=yes",
      "file=a,file=b",
      "file=a,vm=x",
    ]
  ) {
    assertEquals(drive.parse(text), undefined);
  }
});

Deno.test("driveFiles() reads and writes sectors of the file", () => {
  withFile(4096, (file) => {
    const { disk } = open({ file });
    assertEquals([disk.sectors, disk.readOnly], [8, false]);
    const data = new Uint8Array(1024).fill(1);
    assertEquals([disk.write(2, data), disk.flush()], [true, true]);
    const back = new Uint8Array(2048);
    assertEquals(disk.read(1, back), true);
    assertEquals(Deno.readFileSync(file).subarray(512, 2560), back);
    assertEquals([back[511], back[512], back[1536]], [7, 1, 7]);
  });
});

Deno.test("driveFiles() leaves the file of a snapshot or read-only drive alone", () => {
  withFile(1024, (file) => {
    const { disk } = open({ file, snapshot: true });
    disk.write(0, new Uint8Array(512));
    const back = new Uint8Array(512);
    disk.read(0, back);
    assertEquals([back[0], disk.readOnly], [0, false]);
    assertEquals(open({ file, readOnly: true }).disk.readOnly, true);
    assertEquals(open({ file, readOnly: true, snapshot: true }).disk.readOnly, true);
    assertEquals(Deno.readFileSync(file).every((byte) => byte === 7), true);
  });
});

Deno.test("driveFiles() says what is wrong with a file", () => {
  const what = "Cannot use --drive file=F: it must be";
  withFile(1000, (file) => {
    assertEquals(
      message(file),
      `${what} whole sectors of 512 bytes, found 1000 bytes; is it cut off?`,
    );
    assertEquals(
      message(`${file}.not`),
      `${what} a file, found no such file`,
    );
    assertEquals(message(join(file, "..")), `${what} a file, found a directory`);
  });
  withFile(0, (file) => assertEquals(message(file), `${what} a disk, found an empty file`));
  assertEquals(message("/dev/null"), `${what} a file, found a device or a pipe`);
});

Deno.test("driveFiles() lets one drive only write to a file, whatever it is called", () => {
  withFile(512, (file) => {
    const other = join(file, "..", "link.img");
    Deno.symlinkSync(file, other);
    const both = [{ ...plain, file }, { ...plain, file: other }];
    assertThrows(() => driveFiles(() => {}).open(both), UsageError, "the only drive that writes");
    const apart = both.map((each) => ({ ...each, snapshot: true }));
    assertEquals(driveFiles(() => {}).open(apart).length, 2);
  });
});

Deno.test("driveFiles() lets go of files that are closed, and of all when one cannot be opened", () => {
  withFile(512, (file) => {
    const files = driveFiles(() => {});
    const one = [{ ...plain, file }];
    const disks = files.open(one);
    assertThrows(() => files.open(one), UsageError, "the only drive that writes");
    files.close(disks);
    assertThrows(() => files.open([...one, { ...plain, file: "/none" }]), UsageError, "a file");
    assertEquals(files.open(one).length, 1);
  });
});

Deno.test("driveFiles() tells of a file that has become shorter", () => {
  withFile(1024, (file) => {
    const { disk, said } = open({ file });
    Deno.truncateSync(file, 512);
    assertEquals(disk.read(1, new Uint8Array(512)), false);
    assertEquals(said, [`Cannot read "${file}" at sector 1: the file has become shorter`]);
  });
});
