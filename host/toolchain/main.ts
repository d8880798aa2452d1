/** `npm run build`: modules, generated files, TypeScript, and the checks of the final modules. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkModules } from "./check-modules.js";
import { POLICY_BITS, PORTS_TARGET, smallModuleWith, TARGETS, type Target } from "./compile.js";
import { compileStale, verifyReproducible } from "./compile-stale.js";
import { writeGenerated } from "./generate/index.js";
import { buildModel } from "./model.js";
import { print, printError } from "./output.js";
import { SourceProblems } from "./problems.js";

const USAGE = `Usage: npm run build -- [options]
  --force                compile every module, up to date or not
  --verify-reproducible  compile every module a second time and compare the bytes
  --policies LIST        also the small plain module with these policies only, as in ports,interfaces
  --modules              modules and generated files only, no TypeScript
  --help`;

interface Options {
  force: boolean;
  verifyReproducible: boolean;
  modules: boolean;
  targets: readonly Target[];
}

/** Runs the build; returns the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function build(root: string, args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) return 2;
  try {
    const model = buildModel(root);
    for (const file of writeGenerated(root, model)) print(`wrote ${file}`);
    const compiled = await compileStale(root, options.targets, options.force);
    const kept = compiled && checkModules(root, model, options.targets);
    const same = !kept || !options.verifyReproducible || (await verifyReproducible(root, options.targets));
    const typed = options.modules || compileTypeScript(root);
    return kept && same && typed ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SourceProblems)) throw error;
    printError(error.message);
    return 1;
  }
}

function readOptions(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        force: { type: "boolean", default: false },
        "verify-reproducible": { type: "boolean", default: false },
        policies: { type: "string", default: "ports" },
        modules: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      print(USAGE);
      process.exit(0);
    }
    const wanted = smallModuleWith(values.policies.split(","));
    if (wanted === undefined) throw new Error(`--policies: only ${[...POLICY_BITS.keys()].join(", ")}`);
    const targets = [...TARGETS, PORTS_TARGET, ...(wanted.file === PORTS_TARGET.file ? [] : [wanted])];
    return { force: values.force, verifyReproducible: values["verify-reproducible"], modules: values.modules, targets };
  } catch (error) {
    printError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return undefined;
  }
}

/** Compiles host and tests into `build/js`; `tsc` itself skips what didn't change. */
function compileTypeScript(root: string): boolean {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const compile = (project: string) =>
    spawnSync(process.execPath, [tsc, "-p", project], { cwd: root, stdio: "inherit" }).status === 0;
  const [host, tests] = [compile("tsconfig.json"), compile("host/toolchain/tsconfig.tests.json")];
  return host && tests && writeSchemas(root);
}

/** The schemas of array and scenario files follow from the host's code, and through it from the knobs. */
function writeSchemas(root: string): boolean {
  const writer = join(root, "build/js/host/scenario/write-schemas.js");
  return spawnSync(process.execPath, [writer], { cwd: root, stdio: "inherit" }).status === 0;
}
