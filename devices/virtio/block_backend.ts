/** What a disk keeps its sectors in. @module */

/** Bytes of a sector, whatever the medium. */
export const SectorBytes = 512;

/** Numbered sectors. Ranges are whole sectors inside the disk; false says that the medium failed. */
export interface BlockBackend {
  readonly sectors: number;
  readonly readOnly: boolean;
  /** Fills `into` from `sector` on. */
  read(sector: number, into: Uint8Array): boolean;
  /** Stores `bytes` from `sector` on; not asked of a read-only backend. */
  write(sector: number, bytes: Uint8Array): boolean;
  /** Returns once all that was written will survive the end of the process and of the host. */
  flush(): boolean;
  /** Forgets what was written, where nothing is to be kept: the disk's owner begins anew. */
  renew?(): void;
  /** Gives back what it has of the host; it is not used any more. */
  close?(): void;
}

/** Sectors that are copied together when one of them is first written. */
const ClusterSectors = 8;
const ClusterBytes = ClusterSectors * SectorBytes;

/** A writable disk that begins as `base`, keeps what is written in memory and leaves `base` alone. */
export function overlay(base: BlockBackend): BlockBackend {
  const written = new Map<number, Uint8Array>();

  function eachCluster(
    sector: number,
    bytes: number,
    visit: (cluster: number, from: number, done: number, count: number) => boolean,
  ): boolean {
    for (let done = 0; done < bytes;) {
      const at = sector * SectorBytes + done;
      const from = at % ClusterBytes;
      const count = Math.min(ClusterBytes - from, bytes - done);
      if (!visit((at - from) / ClusterBytes, from, done, count)) return false;
      done += count;
    }
    return true;
  }

  function own(cluster: number): Uint8Array | undefined {
    const found = written.get(cluster);
    if (found) return found;
    const fresh = new Uint8Array(ClusterBytes);
    const first = cluster * ClusterSectors;
    const sectors = Math.min(ClusterSectors, base.sectors - first);
    if (!base.read(first, fresh.subarray(0, sectors * SectorBytes))) return undefined;
    written.set(cluster, fresh);
    return fresh;
  }

  return {
    sectors: base.sectors,
    readOnly: false,
    read: (sector, into) =>
      eachCluster(sector, into.length, (cluster, from, done, count) => {
        const part = into.subarray(done, done + count);
        const found = written.get(cluster);
        if (!found) return base.read(cluster * ClusterSectors + from / SectorBytes, part);
        part.set(found.subarray(from, from + count));
        return true;
      }),
    write: (sector, bytes) =>
      eachCluster(sector, bytes.length, (cluster, from, done, count) => {
        const target = own(cluster);
        target?.set(bytes.subarray(done, done + count), from);
        return target !== undefined;
      }),
    flush: () => true,
    renew: () => written.clear(),
    close: () => base.close?.(),
  };
}
