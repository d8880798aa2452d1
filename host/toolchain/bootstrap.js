// Compiles the toolchain itself if its sources changed. Plain JavaScript, since it runs before anything is compiled.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const main = join(root, "build/js/host/toolchain/main.js");
const stamp = join(root, "build/js/toolchain.stamp");
const compilerFiles = ["host/toolchain/tsconfig.base.json", "host/toolchain/tsconfig.json", "package-lock.json"];

function toolchainHash() {
  const sources = readdirSync(join(root, "host/toolchain"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const hash = createHash("sha256");
  for (const file of [...compilerFiles, ...sources.sort()]) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** Compiles the toolchain if it is stale; ends the process if that fails. */
export function compileToolchain() {
  const hash = toolchainHash();
  if (existsSync(main) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  if (!existsSync(tsc)) {
    console.error("node_modules/typescript is missing: run `npm ci` first");
    process.exit(2);
  }
  rmSync(stamp, { force: true });
  const result = spawnSync(process.execPath, [tsc, "-p", "host/toolchain/tsconfig.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (result.status !== 0) process.exit(1);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
