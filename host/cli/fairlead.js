#!/usr/bin/env node
// The command's entry: loads what `npm run build` compiled. Plain JavaScript, since it is there before any build.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const main = join(dirname(fileURLToPath(import.meta.url)), "../../build/js/host/cli/main.js");
if (!existsSync(main)) {
  console.error("fairlead is not built yet: run `npm run build` first");
  process.exit(1);
}
const { runCommand } = await import(pathToFileURL(main).href);
await runCommand(process.argv);
