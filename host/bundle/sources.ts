/** Which files of a build become which parts. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { PartSource } from "./assemble.js";
import { BundleInputError } from "./input-error.js";
import { WORD } from "./manifest.js";
import { modulePartName } from "./open.js";

export const PROFILES = ["small", "standard", "large"] as const;
const BUILDS = ["plain", "shared"] as const;

function mustExist(file: string, how: string): string {
  if (!existsSync(file)) throw new BundleInputError(`${file} is missing: ${how}`);
  return file;
}

/** The modules of these profiles, plain and shared, from a build folder. */
export function moduleSources(buildFolder: string, profiles: readonly string[]): PartSource[] {
  const unknown = profiles.find((profile) => !(PROFILES as readonly string[]).includes(profile));
  if (unknown !== undefined) throw new BundleInputError(`"${unknown}" is no profile: small, standard and large are`);
  return [...new Set(profiles)].flatMap((profile) =>
    BUILDS.map((build): PartSource => {
      const file = mustExist(join(buildFolder, `fairlead-${profile}-${build}.wasm`), "npm run build makes it");
      return { name: modulePartName(profile, build), file, kind: "module", target: "wasm32" };
    }),
  );
}

/** The generated header, and the loader's sources with the verifier's, in the folders that they have in the clone. */
export function loaderSources(buildFolder: string, firmwareFolder: string): PartSource[] {
  const header = mustExist(join(buildFolder, "fairlead.h"), "npm run build makes it");
  const sources: PartSource[] = [{ name: "build/fairlead.h", file: header, kind: "header", target: "any" }];
  const files = readdirSync(firmwareFolder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.[ch]$/.test(file),
  );
  for (const file of files.sort()) {
    const name = `host/firmware/${file.split("\\").join("/")}`;
    sources.push({
      name,
      file: join(firmwareFolder, file),
      kind: file.endsWith(".h") ? "header" : "source",
      target: "any",
    });
  }
  return sources;
}

/** `FILE@TARGET`, an executable or object made ahead of time for a machine. */
export function machineSource(option: string, kind: "executable" | "object"): PartSource {
  const at = option.lastIndexOf("@");
  const file = option.slice(0, at);
  const target = option.slice(at + 1);
  if (at < 1 || !WORD.test(target))
    throw new BundleInputError(`"${option}": FILE@TARGET would be right, such as host@x86_64-linux`);
  return { name: `${kind}s/${target}/${basename(file)}`, file, kind, target };
}

/** A further file, such as a licence. */
export function documentSource(file: string): PartSource {
  return { name: `documents/${basename(file)}`, file, kind: "document", target: "any" };
}
