#!/usr/bin/env node
// `npm run coverage`: compiles the toolchain if it is stale, then hands over to it. The modules must be built.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileToolchain, root } from "./bootstrap.js";

compileToolchain();
const { coverage } = await import(pathToFileURL(join(root, "build/js/host/toolchain/coverage/main.js")).href);
process.exitCode = await coverage(root, process.argv.slice(2));
