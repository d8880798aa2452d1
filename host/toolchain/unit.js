#!/usr/bin/env node
// `npm run test:unit`: the specs of the core, by as-pect, under the same transform as the modules.
// Arguments are globs of specs; all of tests/unit without.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asp } from "@as-pect/cli";
import { compileToolchain, root } from "./bootstrap.js";

compileToolchain();

// The small profile's tables fill one page; the spec's own data and heap lie behind it.
const options = {
  use: ["PROFILE=0", "POLICIES=31", "RTRACE=1"],
  memoryBase: 65536,
  outFile: "output.wasm",
  textFile: "output.wat",
  bindings: "raw",
  exportStart: "_start",
  exportRuntime: true,
  exportTable: true,
  debug: true,
};
// asc resolves a transform's relative path as the name of a package, so these paths are absolute.
const transform = [join(root, "build/js/host/toolchain/transform.js"), "@as-pect/transform"];
const entries = [join(root, "node_modules/@as-pect/assembly/assembly/index.ts")];
const config = "build/unit/asconfig.json";
mkdirSync(join(root, "build/unit"), { recursive: true });
writeFileSync(join(root, config), JSON.stringify({ targets: { noCoverage: { transform } }, options, entries }));

process.chdir(root);
const globs = process.argv.slice(2);
if (globs.length > 0) process.env.FAIRLEAD_SPECS = JSON.stringify(globs);
await asp([
  process.execPath,
  "asp",
  "--config",
  "host/toolchain/as-pect.config.js",
  "--as-config",
  config,
  "--summary",
]);
