/** Every output of `fairlead bundle`, unpacked by the system's own tools, is the same bundle; twice the same bytes. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../../host/bundle/open.js";
import { FORMATS, type Format, readBundleEntries, writeBundle } from "../../../host/bundle/pack.js";
import { BundleFixture, makeTrust } from "../../host/bundle/fixture.js";

/** How the system unpacks a file into the working directory, which is there and empty. */
const UNPACK: Record<Exclude<Format, "dir">, (file: string) => readonly [string, ...string[]]> = {
  tar: (file) => ["tar", "-xf", file],
  cpio: (file) => ["cpio", "--quiet", "-id", "-F", file],
  squashfs: (file) => ["unsquashfs", "-quiet", "-no-progress", "-force", "-dest", ".", file],
};

function unpack(format: Exclude<Format, "dir">, file: string, folder: string): void {
  mkdirSync(folder);
  const [program, ...values] = UNPACK[format](file);
  const { status, stderr, error } = spawnSync(program, values, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
}

function checkFormat(entries: ReturnType<typeof readBundleEntries>, format: Format, scratch: string): string[] {
  const [one, two] = [join(scratch, `one.${format}`), join(scratch, `two.${format}`)];
  writeBundle(entries, one, format, 1000);
  writeBundle([...entries].reverse(), two, format, 1000);
  const folder = format === "dir" ? one : join(scratch, `${format}.unpacked`);
  if (format !== "dir") {
    if (!readFileSync(one).equals(readFileSync(two))) return [`${format}: other bytes the second time`];
    unpack(format, one, folder);
  }
  const { signers } = openBundle(folder, makeTrust());
  return signers.length === 2 ? [] : [`${format}: ${signers.length} signers`];
}

/** Returns what went wrong. */
export function checkFormats(scratch: string): string[] {
  const fixture = new BundleFixture().write();
  try {
    const entries = readBundleEntries(fixture.directory);
    return FORMATS.flatMap((format) => checkFormat(entries, format, scratch));
  } catch (error) {
    return [(error as Error).message];
  } finally {
    fixture.remove();
  }
}
