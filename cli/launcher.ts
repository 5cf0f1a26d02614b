/**
 * A self-extracting executable for POSIX systems: a shell script, then an archive of Deno's binary
 * and the bundled program, which it unpacks once into a cache directory.
 * @module
 */

const blockBytes = 512;

/** What the launcher carries and how it starts it. */
export interface LauncherParts {
  /** The bundled program. */
  readonly program: Uint8Array<ArrayBuffer>;
  /** Deno's own binary. */
  readonly runtime: Uint8Array<ArrayBuffer>;
  readonly version: string;
  /** Options of `deno run`: permissions and V8 flags. */
  readonly flags: readonly string[];
}

/** Builds the executable's bytes; the same parts give the same bytes. */
export async function buildLauncher(parts: LauncherParts): Promise<Uint8Array<ArrayBuffer>> {
  const archive = concatenate([
    ...tarMember("hvsim.js", parts.program, 0o644),
    ...tarMember("deno", parts.runtime, 0o755),
    new Uint8Array(2 * blockBytes),
  ]);
  const packed = await gzip(archive);
  // The flags are in the script, not in the archive: another script over the same archive may share.
  const id = await contentId(packed);
  const encode = (offset: number) => new TextEncoder().encode(script({ id, offset, ...parts }));
  let offset = 0;
  // The offset's own digits count, so its length is settled by repetition.
  while (encode(offset).length + 1 !== offset) offset = encode(offset).length + 1;
  return concatenate([encode(offset), packed]);
}

/** `offset` is the archive's first byte as `tail` counts, from 1. */
function script(
  { id, offset, version, flags }: {
    id: string;
    offset: number;
    version: string;
    flags: readonly string[];
  },
): string {
  return `#!/bin/sh
# hvsim ${version}: Deno and the program, unpacked once into a cache directory.
set -eu
PATH=\${PATH:-/usr/local/bin:/usr/bin:/bin}
export PATH
me=$(id -u)
# A directory of this user alone, for what it holds is executed.
base=
for place in "\${HVSIM_CACHE:-}" "\${XDG_CACHE_HOME:+$XDG_CACHE_HOME/hvsim}" \\
  "\${HOME:+$HOME/.cache/hvsim}" "\${TMPDIR:-/tmp}/hvsim-$me"; do
  [ -n "$place" ] || continue
  (umask 077 && mkdir -p "$place") 2>/dev/null || continue
  [ -w "$place" ] && [ -n "$(find "$place" -prune -type d -user "$me")" ] || continue
  base=$place
  break
done
[ -n "$base" ] || { echo "Cannot unpack hvsim: set HVSIM_CACHE to a directory of yours" >&2; exit 70; }
dir=$base/${id}
if [ ! -x "$dir/deno" ]; then
  new=$(mktemp -d "$base/new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  trap 'exit 70' HUP INT TERM
  tail -c +${offset} "$0" | gzip -dc | tar -xf - -C "$new" || {
    echo "Cannot unpack hvsim into $base: is the disk full?" >&2
    exit 70
  }
  # Another first run may have been faster; then this one's copy lands inside, and goes.
  mv "$new" "$dir" 2>/dev/null || :
  rm -rf "$new" "$dir/\${new##*/}"
  trap - EXIT HUP INT TERM
fi
DENO_DIR=$dir/cache DENO_NO_UPDATE_CHECK=1 exec "$dir/deno" run ${
    ["--quiet", "--no-config", "--no-lock", "--no-prompt", "--cached-only", ...flags].join(" ")
  } "$dir/hvsim.js" "$@"
`;
}

/** A ustar header and the file's blocks. */
function tarMember(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  mode: number,
): Uint8Array<ArrayBuffer>[] {
  const header = new Uint8Array(blockBytes);
  const put = (offset: number, text: string) => header.set(new TextEncoder().encode(text), offset);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, `${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
  put(124, `${octal(bytes.length, 11)}\0${octal(0, 11)}\0`);
  put(148, "        0");
  put(257, "ustar\x0000");
  // The sum counts its own field as blanks.
  put(148, `${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  return [header, bytes, new Uint8Array((blockBytes - bytes.length % blockBytes) % blockBytes)];
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function contentId(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function concatenate(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
