/** Boots an initramfs with a Debian kernel in QEMU, without KVM, and returns what the console said. */
import { spawn } from "node:child_process";

const TIME_OUT_MS = 120_000;
const CONSOLE_BYTES_MAX = 1 << 20;

export interface Machine {
  readonly kernel: string;
  readonly initramfs: string;
  /** Arguments of the init. */
  readonly arguments: readonly string[];
}

/** The console's text, when the machine has gone down by itself; rejects when it hangs. */
export function boot(machine: Machine): Promise<string> {
  const line = ["console=ttyS0", "quiet", "panic=-1", "--", ...machine.arguments].join(" ");
  const values = ["-machine", "pc,accel=tcg", "-m", "256", "-display", "none", "-monitor", "none", "-serial", "stdio"];
  const images = ["-kernel", machine.kernel, "-initrd", machine.initramfs, "-append", line];
  return new Promise((resolve, reject) => {
    const child = spawn("qemu-system-x86_64", [...values, "-nodefaults", "-no-reboot", ...images], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const take = (bytes: Buffer) => {
      if (text.length < CONSOLE_BYTES_MAX) text += bytes.toString("latin1");
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the machine is still up after ${TIME_OUT_MS / 1000} s; its console:\n${text}`));
    }, TIME_OUT_MS);
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve(text.replaceAll("\r", ""));
    });
  });
}
