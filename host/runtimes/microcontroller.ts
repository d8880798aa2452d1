/** The bare-metal Cortex-M3: the board's programs, the image's figures, and its limits. */

import type { Engine, Ready, Replayed } from "./engines.js";
import { readReplayed, TWIN_SOURCES, writeTwinLayout } from "./engines.js";
import { type DeepestPath, deepestPath, readFunctions } from "./call-graph.js";
import { missingPackages, must, run, StepError } from "./shell.js";
import {
  AOT_SOURCE,
  CORTEX_M3,
  CORTEX_M3_DEFINITIONS,
  compileObjects,
  LOADER_SOURCES,
  link,
  modulePath,
  portsOnlyModulePath,
  sizes,
  translate,
} from "./toolchains.js";

/** Most code of the image with the port policy alone: more fails the run. */
export const PORTS_CODE_BYTES_MAX = 24 * 1024;
/** What the image with all policies should have at most. */
export const CODE_BYTES_TARGET = 40 * 1024;
/** What it may have until it is brought below the target: more fails the run, so that it doesn't grow unseen. */
export const CODE_BYTES_MAX = 44 * 1024;

/** What fails the run, too. */
export const STACK_BYTES_MAX = 1024;
/** The timer counts cycles of 25 MHz, and an instruction takes a nanosecond (-icount shift=0). */
const INSTRUCTIONS_PER_CYCLE = 40;

const BOARD = "tests/runtimes/mps2";
const BOARD_SOURCES = [`${BOARD}/start.c`, `${BOARD}/semihosting.c`];
const FOLDER = CORTEX_M3.name;

/** Functions that the tick thread calls while an array is in service. */
const ENTRIES = [
  "fairlead_tick",
  "fairlead_configure",
  "fairlead_attach",
  "fairlead_reset",
  "fairlead_scrub",
  "fairlead_drain",
  "fairlead_outcome",
];
/** What interrupts call. */
const INTERRUPT_ENTRY = "fairlead_post_port_counters";
/** What the loader's one call through a register reaches. */
const INDIRECT = ["aot_call"];

export interface ImageFigures {
  codeBytes: number;
  constantBytes: number;
  stack: DeepestPath;
  /** Of an interrupt that posts counters, without the processor's own frame. */
  interruptStack: DeepestPath;
}

function compile(
  sources: readonly string[],
  folder: string,
  definitions: readonly string[] = [],
  foreign = false,
  portsOnly = false,
): string[] {
  const translated = portsOnly
    ? translate(portsOnlyModulePath(), "small-plain-ports")
    : translate(modulePath("small", false), "small-plain");
  const includes = [translated, BOARD, writeTwinLayout("small")];
  return compileObjects({
    target: CORTEX_M3,
    folder,
    sources,
    includes,
    foreign,
    definitions: [...CORTEX_M3_DEFINITIONS, 'FAIRLEAD_MODULE_C="fairlead-module.c"', ...definitions],
    flags: ["-Wno-cast-function-type"],
  });
}

function qemu(program: string, argument: string): string[] {
  const semihosting = `enable=on,target=native,chardev=console${argument === "" ? "" : `,arg=${argument}`}`;
  const machine = ["-M", "mps2-an385", "-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", "none"];
  machine.push("-chardev", "stdio,id=console");
  return [...machine, "-semihosting-config", semihosting, "-kernel", program];
}

/** Links what a firmware takes and measures it: with all policies that are there, or with the ports' alone. */
export function imageFigures(portsOnly = false): ImageFigures {
  const folder = portsOnly ? `${FOLDER}/ports` : FOLDER;
  const objects = compile([AOT_SOURCE, ...LOADER_SOURCES, `${BOARD}/image.c`], folder, [], false, portsOnly);
  const image = link(CORTEX_M3, objects, `${folder}/image.elf`, ["-T", `${BOARD}/image.ld`]);
  const { codeBytes, dataBytes } = sizes(CORTEX_M3, [image]);
  const functions = readFunctions(must("arm-none-eabi-objdump", ["-d", image]).stdout);
  const paths = ENTRIES.map((entry) => deepestPath(functions, entry, INDIRECT));
  const stack = paths.reduce((most, path) => (path.bytes > most.bytes ? path : most));
  checkMailboxCode(must("arm-none-eabi-objdump", ["-d", image]).stdout);
  const interruptStack = deepestPath(functions, INTERRUPT_ENTRY, INDIRECT);
  return { codeBytes, constantBytes: dataBytes, stack, interruptStack };
}

/** The final machine code of the mailbox keeps both looks at the sequence word, and the barriers between. */
export function checkMailboxCode(disassembly: string): void {
  const body = (name: string) => {
    const from = disassembly.indexOf(`<${name}>:`);
    if (from < 0) throw new StepError(`no ${name} in the image`);
    return disassembly.slice(from, disassembly.indexOf("\n\n", from));
  };
  const expected: [string, string[]][] = [
    ["fairlead_mailbox_read", ["ldr", "dmb", "ldr", "dmb", "ldr"]],
    ["fairlead_mailbox_post", ["ldrex", "strex", "dmb", "str", "dmb", "str"]],
  ];
  for (const [name, order] of expected) {
    const found = [...body(name).matchAll(/\t(ldrex|strex|dmb|ldr|str)[.\w]*\t/g)].map((match) => match[1] as string);
    let at = 0;
    for (const mnemonic of found) if (mnemonic === order[at]) at++;
    if (at < order.length)
      throw new StepError(`${name}: the machine code has no ${order.join(" … ")}, but ${found.join(" ")}`);
  }
}

/** The mailbox under a timer interrupt; what it printed. @throws StepError */
export function mailboxUnderInterrupts(): string {
  const objects = compile(
    [...BOARD_SOURCES, `${BOARD}/mailbox.c`, "host/firmware/fairlead-mailbox.c"],
    `${FOLDER}/mailbox`,
  );
  const program = link(CORTEX_M3, objects, `${FOLDER}/mailbox/mailbox.elf`, ["-T", `${BOARD}/mps2.ld`]);
  return must("qemu-system-arm", qemu(program, "")).stdout.trim();
}

/** The whole latch, loader and module, under a timer interrupt; what it printed. @throws StepError */
export function latchUnderInterrupts(): string {
  const objects = compile([...BOARD_SOURCES, `${BOARD}/latch.c`, AOT_SOURCE, ...LOADER_SOURCES], `${FOLDER}/latch`);
  const program = link(CORTEX_M3, objects, `${FOLDER}/latch/latch.elf`, ["-T", `${BOARD}/mps2.ld`]);
  return must("qemu-system-arm", qemu(program, "")).stdout.trim();
}

function replayProgram(twin: boolean): string {
  const folder = `${FOLDER}/${twin ? "twin" : "replay"}`;
  const definitions = twin ? ["TWIN"] : [];
  const sources = [
    ...BOARD_SOURCES,
    `${BOARD}/replay-main.c`,
    "tests/runtimes/replay.c",
    AOT_SOURCE,
    ...LOADER_SOURCES,
  ];
  const objects = compile([...sources, ...(twin ? ["tests/runtimes/twin-call.c"] : [])], folder, definitions);
  const memory = ["FAIRLEAD_TWIN_MEMORY=((unsigned char*)0x20000000)"];
  const twins = twin ? compile(TWIN_SOURCES, folder, memory, true) : [];
  return link(CORTEX_M3, [...objects, ...twins], `${folder}/replay.elf`, ["-T", `${BOARD}/mps2.ld`]);
}

/** One run a recording: the board's program takes one. */
function replayEach(program: string, files: readonly string[]): Replayed[] {
  return files.flatMap((file) => {
    const ran = run("qemu-system-arm", qemu(program, file));
    return readReplayed(ran, [file], "Cortex-M3").map((each) => ({ ...each, wallNs: ran.elapsedMs * 1e6 }));
  });
}

/** Functions of the replaying program between the frame that it measures from and the module. */
const HARNESS = ["replay_records", "replay_call", "call_again", "tick_again", "timed_call"];

/** Bytes of the painted stack that are the replaying program's own. */
export function harnessStackBytes(): number {
  const functions = readFunctions(must("arm-none-eabi-objdump", ["-d", replayProgram(false)]).stdout);
  return HARNESS.reduce((bytes, name) => bytes + (functions.get(name)?.frameBytes ?? 0), 0);
}

/** Instructions of a tick, the first ones left out. */
export function instructionsPerTick(replayed: Replayed): number {
  return ((replayed.cycles ?? 0) * INSTRUCTIONS_PER_CYCLE) / Math.max(1, replayed.timedTicks ?? 1);
}

export function microcontroller(): Engine {
  return {
    name: "wasm2c, bare metal",
    processor: "Cortex-M3 (emulated)",
    profiles: ["small"],
    missing: () => missingPackages("Cortex-M3", ["arm-none-eabi-gcc", "qemu-system-arm"]),
    prepare(): Ready {
      const image = imageFigures();
      const program = replayProgram(false);
      const twin = replayProgram(true);
      return {
        codeBytes: image.codeBytes,
        dataBytes: image.constantBytes,
        replay: (files) => replayEach(program, files),
        twin: (files) => replayEach(twin, files),
      };
    },
  };
}
