/**
 * Virtio block device (virtio 1.2, 5.2) over a backend of 512-byte sectors.
 *
 * What is on the disk is not part of the device's state: a restored device sees the disk as it is.
 * Without VIRTIO_BLK_F_FLUSH the driver expects writes to be safe when they are done, so they are.
 *
 * @module
 */

import type { BlockBackend } from "./block_backend.ts";
import { SectorBytes } from "./block_backend.ts";
import type { Answer } from "./queue.ts";
import type { Chain } from "./chain.ts";
import { type VirtioDevice, virtioMmio, type VirtioModel, type VirtioWires } from "./mmio.ts";

/** What a disk is connected to. */
export interface BlockWires extends VirtioWires {
  readonly backend: BlockBackend;
  /** What VIRTIO_BLK_T_GET_ID answers, up to 20 ASCII characters. */
  readonly serial: string;
}

/** Feature bits (5.2.3). */
const Feature = {
  sizeMax: 1n << 1n,
  segMax: 1n << 2n,
  readOnly: 1n << 5n,
  blockSize: 1n << 6n,
  flush: 1n << 9n,
} as const;
/** Request types (5.2.6). */
const Type = { in: 0, out: 1, flush: 4, getId: 8 } as const;
const Result = { ok: 0, error: 1, unsupported: 2 } as const;

const QueueSize = 256;
/** What fits the queue beside a header and a status. */
const MaxSegments = 126;
const MaxSegmentBytes = 65536;
const HeaderBytes = 16;
const IdBytes = 20;
/** Bytes that go through at a time; whole sectors. */
const PieceBytes = 65536;

type BlockState = { requests: number };

/** A disk with `backend` in it. */
export function virtioBlock(wires: BlockWires): VirtioDevice<BlockState> {
  const { backend } = wires;
  const config = configOf(backend);
  const id = new TextEncoder().encode(wires.serial).slice(0, IdBytes);
  const piece = new Uint8Array(PieceBytes);
  const header = new Uint8Array(HeaderBytes);
  const view = new DataView(header.buffer);

  function handle(s: BlockState, _queue: number, chain: Chain, features: bigint): Answer {
    if (chain.read(0, header) < HeaderBytes || chain.writableBytes < 1) {
      return { violation: "a request must have a header of 16 bytes and room for its status" };
    }
    s.requests++;
    const room = chain.writableBytes - 1;
    const result = perform(chain, room, features);
    chain.write(room, Uint8Array.of(result));
    return result === Result.ok || room === 0 ? chain.writableBytes : 0;
  }

  function perform(chain: Chain, room: number, features: bigint): number {
    const sector = Number(view.getBigUint64(8, true));
    switch (view.getUint32(0, true)) {
      case Type.in:
        return transfer(sector, room, (at, done, part) => {
          const good = backend.read(at, part);
          if (good) chain.write(done, part);
          return good;
        });
      case Type.out: {
        if (backend.readOnly) return Result.error;
        const result = transfer(sector, chain.readableBytes - HeaderBytes, (at, done, part) => {
          chain.read(HeaderBytes + done, part);
          return backend.write(at, part);
        });
        return result === Result.ok && !(features & Feature.flush) ? flush() : result;
      }
      case Type.flush:
        return flush();
      case Type.getId: {
        const text = new Uint8Array(IdBytes);
        text.set(id);
        return chain.write(0, text.subarray(0, room)) > 0 ? Result.ok : Result.error;
      }
      default:
        return Result.unsupported;
    }
  }

  function flush(): number {
    return backend.readOnly || backend.flush() ? Result.ok : Result.error;
  }

  /** Moves `bytes` from or to `sector` and those that follow. */
  function transfer(
    sector: number,
    bytes: number,
    move: (sector: number, done: number, part: Uint8Array) => boolean,
  ): number {
    const fits = bytes % SectorBytes === 0 && bytes <= MaxSegments * MaxSegmentBytes &&
      sector + bytes / SectorBytes <= backend.sectors;
    if (!fits) return Result.error;
    for (let done = 0; done < bytes; done += PieceBytes) {
      const part = piece.subarray(0, Math.min(PieceBytes, bytes - done));
      if (!move(sector + done / SectorBytes, done, part)) return Result.error;
    }
    return Result.ok;
  }

  const model: VirtioModel<BlockState> = {
    kind: "virtio-blk",
    id: 2,
    features: Feature.sizeMax | Feature.segMax | Feature.blockSize | Feature.flush |
      (backend.readOnly ? Feature.readOnly : 0n),
    queueSizes: [QueueSize],
    reset: () => ({ requests: 0 }),
    config: () => config,
    handle,
  };
  return virtioMmio(model, wires);
}

/** struct virtio_blk_config (5.2.4), as far as blk_size. */
function configOf({ sectors }: BlockBackend): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(sectors), true);
  view.setUint32(8, MaxSegmentBytes, true);
  view.setUint32(12, MaxSegments, true);
  view.setUint32(20, SectorBytes, true);
  return bytes;
}
