#!/usr/bin/env node
// `npm run build`: compiles the toolchain if it is stale, then hands over to it.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileToolchain, root } from "./bootstrap.js";

compileToolchain();
const { build } = await import(pathToFileURL(join(root, "build/js/host/toolchain/main.js")).href);
process.exitCode = await build(root, process.argv.slice(2));
