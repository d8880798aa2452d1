#!/usr/bin/env node
// `npm run check`: format and lint (biome), strict types (tsc), and generated files that are up to date.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileToolchain, root } from "./bootstrap.js";

compileToolchain();

const run = (script, args) =>
  spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: "inherit" }).status === 0;
const tsc = (project) => run("node_modules/typescript/bin/tsc", ["-p", project]);

const results = {
  "format and lint": run("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]),
  "types of host and tests": tsc("tsconfig.json"),
  "types of the toolchain's tests": tsc("host/toolchain/tsconfig.tests.json"),
};
const freshness = pathToFileURL(join(root, "build/js/host/toolchain/freshness.js")).href;
const { reportStale } = await import(freshness);
// The schemas come from the host's code: nothing to compare where that doesn't compile.
results["generated files"] = results["types of host and tests"] && (await reportStale(root));

const failed = Object.keys(results).filter((name) => !results[name]);
if (failed.length === 0) console.log("check: format, lint, types and generated files are right");
else console.error(`check failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
