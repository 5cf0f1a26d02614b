/** The board that the options choose. @module */

import type { CpuName } from "../core/cpu/cpu_models.ts";
import { byteCount } from "../core/hex.ts";
import { findPlatform } from "../platforms/mod.ts";
import { maxRamBytes, type Platform } from "../platforms/platform.ts";
import type { CommandLine } from "./command_line.ts";
import { UsageError } from "./usage_error.ts";

/** A platform and how much of it. */
export interface BoardChoice {
  readonly platform: Platform;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly gicVersion: 2 | 3;
  readonly cpu: CpuName;
  readonly epochSeconds: number;
}

/** What the guests need when the options do not say. */
export interface Needs {
  readonly cores?: number;
  readonly memoryBytes?: number;
}

const PageBytes = 4096;
const DefaultEpoch = Date.UTC(2026, 0, 1) / 1000;

/** @throws {UsageError} When the board cannot have what the options ask for. */
export function chooseBoard(
  { options, given }: CommandLine,
  needs: (platform: Platform) => Needs = () => ({}),
): BoardChoice {
  const platform = findPlatform(options.platform ?? "qemu-virt") as Platform;
  const needed = needs(platform);
  const gicVersion = options.gic ?? platform.gic.defaultVersion;
  if ((gicVersion === 2 ? platform.gic.v2 : platform.gic.v3) === undefined) {
    const other = gicVersion === 2 ? 3 : 2;
    throw new UsageError(
      `Cannot use --gic ${gicVersion}: ${platform.name} has a GICv${other} only`,
    );
  }
  const cores = options.cpus ?? Math.min(needed.cores ?? 1, platform.cpus.max);
  if (cores > platform.cpus.max) {
    throw new UsageError(
      `Cannot use --cpus ${
        given.get("cpus")
      }: ${platform.name} has 1 to ${platform.cpus.max} cores`,
    );
  }
  const most = maxRamBytes(platform);
  const wanted = Math.max(platform.ram.defaultBytes, needed.memoryBytes ?? 0);
  const memoryBytes = options.memory ?? Math.min(roundUp(wanted), most);
  if (memoryBytes > most || memoryBytes % PageBytes !== 0) {
    throw new UsageError(
      `Cannot use --memory ${given.get("memory")}: ${platform.name} has ` +
        `whole pages of 4 KiB up to ${byteCount(most)}`,
    );
  }
  return {
    platform,
    cores,
    memoryBytes,
    gicVersion,
    cpu: options.cpu ?? "cortex-a72",
    epochSeconds: options.rtc === "now"
      ? Math.floor(Date.now() / 1000)
      : options.rtc ?? DefaultEpoch,
  };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / PageBytes) * PageBytes;
}
