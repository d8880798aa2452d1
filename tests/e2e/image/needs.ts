/** What the run needs from the system: looked for first, so that what is missing is said in one line. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

export class Missing extends Error {}

const PROGRAMS: readonly [program: string, debianPackage: string][] = [
  ["gcc", "gcc libc6-dev"],
  ["qemu-system-x86_64", "qemu-system-x86"],
  ["mksquashfs", "squashfs-tools"],
  ["cpio", "cpio"],
];

/** Whether libsodium can be linked statically; without a compiler, whether its header is there. */
function hasSodium(): boolean {
  const source = "#include <sodium.h>\nint main(void){return sodium_init();}";
  const linked = spawnSync("gcc", ["-static", "-x", "c", "-", "-o", "/dev/null", "-lsodium"], { input: source });
  return linked.error === undefined ? linked.status === 0 : existsSync("/usr/include/sodium.h");
}

/** Throws `Missing` with all Debian packages that lack, in one line. */
export function checkPrograms(): void {
  const missing = PROGRAMS.filter(([program]) => spawnSync(program, ["--version"]).error !== undefined);
  const packages = missing.map(([, debianPackage]) => debianPackage);
  if (!hasSodium()) packages.push("libsodium-dev");
  if (packages.length > 0) {
    throw new Missing(`e2e:image needs packages that are not installed: apt-get install ${packages.join(" ")}`);
  }
}

function kernelIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder).filter((name) => name.startsWith("vmlinuz-") && name.endsWith("-cloud-amd64"));
  const last = names.sort().at(-1);
  return last === undefined ? undefined : join(folder, last);
}

/** Unpacks the kernel of a Debian package without installing it, which would build an initramfs of its own. */
function downloadKernel(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const run = (program: string, values: string[]) => spawnSync(program, values, { cwd: folder, encoding: "utf8" });
  const depends = run("apt-cache", ["depends", "linux-image-cloud-amd64"]).stdout ?? "";
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined || run("apt-get", ["download", name]).status !== 0) return;
  const file = readdirSync(folder).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
  if (file === undefined) return;
  run("sh", ["-c", `dpkg-deb --fsys-tarfile "$1" | tar -x --wildcards './boot/vmlinuz-*'`, "sh", file]);
}

/** A Debian kernel: FAIRLEAD_KERNEL, an installed one, or one downloaded into the build folder. Throws `Missing`. */
export function findKernel(buildFolder: string): string {
  const named = process.env["FAIRLEAD_KERNEL"];
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Missing(`FAIRLEAD_KERNEL names ${named}, which is not there`);
  }
  const folder = join(buildFolder, "kernel");
  const kernel = kernelIn("/boot") ?? kernelIn(join(folder, "boot"));
  if (kernel !== undefined) return kernel;
  downloadKernel(folder);
  const downloaded = kernelIn(join(folder, "boot"));
  if (downloaded !== undefined) return downloaded;
  throw new Missing(
    "e2e:image needs a Debian kernel: apt-get update, so that it can download linux-image-cloud-amd64, " +
      "or set FAIRLEAD_KERNEL",
  );
}
