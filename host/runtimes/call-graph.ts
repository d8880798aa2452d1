/**
 * Stack of a Cortex-M image from its machine code: each function's pushes and subtractions, added up along the longest
 * path of calls. It counts what was linked, library functions included, after all optimizers.
 */

export interface StackFunction {
  name: string;
  /** Bytes that the function itself takes, at most. */
  frameBytes: number;
  calls: Set<string>;
  /** Calls through a register. */
  indirect: boolean;
}

/** Reads `objdump -d` of an ARMv7-M image. */
export function readFunctions(disassembly: string): Map<string, StackFunction> {
  const functions = new Map<string, StackFunction>();
  let current: StackFunction | undefined;
  for (const line of disassembly.split("\n")) {
    const head = /^[0-9a-f]+ <(.+)>:$/.exec(line);
    if (head?.[1] !== undefined) {
      current = { name: head[1], frameBytes: 0, calls: new Set(), indirect: false };
      functions.set(current.name, current);
      continue;
    }
    const instruction = /^\s+[0-9a-f]+:\s+(?:[0-9a-f]{4} ?){1,2}\s+(\S+)\s*(.*)$/.exec(line);
    if (current !== undefined && instruction !== null) read(current, instruction[1] ?? "", instruction[2] ?? "");
  }
  return functions;
}

function read(current: StackFunction, mnemonic: string, operands: string): void {
  current.frameBytes += stackBytes(mnemonic, operands);
  const target = /<([^+>]+)(\+0x[0-9a-f]+)?>/.exec(operands);
  const isBranch =
    /^b(l|\.w|\.n)?$/.test(mnemonic) || /^b(eq|ne|cs|cc|hi|ls|ge|lt|gt|le|mi|pl)(\.[nw])?$/.test(mnemonic);
  if (isBranch && target?.[1] !== undefined && target[1] !== current.name) current.calls.add(target[1]);
  if (mnemonic === "blx" || (mnemonic === "bx" && operands.trim() !== "lr")) current.indirect = true;
}

/** Bytes by which one instruction moves the stack pointer down. */
function stackBytes(mnemonic: string, operands: string): number {
  const isPush = mnemonic.startsWith("push") || (/^stmdb/.test(mnemonic) && operands.startsWith("sp!"));
  if (isPush) return 4 * (/\{(.*)\}/.exec(operands)?.[1]?.split(",").length ?? 0);
  const subtracted = /^sub[w.]*$/.test(mnemonic) && /^sp,(?: sp,)? ?#(\d+)/.exec(operands.replace(/\s+/g, " "));
  if (subtracted && subtracted[1] !== undefined) return Number(subtracted[1]);
  const stored = /^str/.test(mnemonic) && /\[sp, #-(\d+)\]!/.exec(operands);
  return stored && stored[1] !== undefined ? Number(stored[1]) : 0;
}

export interface DeepestPath {
  bytes: number;
  path: string[];
}

/**
 * Longest path from a function on. Calls through registers go to `indirectTargets`.
 * @throws Error for a recursion, whose stack has no bound.
 */
export function deepestPath(
  functions: ReadonlyMap<string, StackFunction>,
  from: string,
  indirectTargets: readonly string[],
): DeepestPath {
  const known = new Map<string, DeepestPath>();
  const walk = (name: string, under: readonly string[]): DeepestPath => {
    const done = known.get(name);
    if (done !== undefined) return done;
    if (under.includes(name)) throw new Error(`recursion: ${[...under, name].join(" > ")}`);
    const current = functions.get(name);
    if (current === undefined)
      throw new Error(`no function ${name} in the image, called by ${under.at(-1) ?? "nobody"}`);
    const callees = [...current.calls, ...(current.indirect ? indirectTargets : [])];
    const paths = callees.map((callee) => walk(callee, [...under, name]));
    const deepest = paths.reduce((most, path) => (path.bytes > most.bytes ? path : most), {
      bytes: 0,
      path: [] as string[],
    });
    const result = { bytes: current.frameBytes + deepest.bytes, path: [name, ...deepest.path] };
    known.set(name, result);
    return result;
  };
  return walk(from, []);
}
