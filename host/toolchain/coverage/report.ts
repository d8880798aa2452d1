/** From counts to lines and branches of the source. */

import type { Source } from "assemblyscript";
import { type Condition, Decisions } from "./decisions.js";
import { type BranchPlace, bitOf, type Location, type Places } from "./places.js";

export interface FileCoverage {
  file: string;
  lines: { total: number; covered: number; uncovered: number[] };
  /** Conditions with code in a final module; covered: seen both true and false. */
  branches: { total: number; covered: number; uncovered: { line: number; text: string; seen: "never" | "one way" }[] };
}

export interface CoverageReport {
  files: FileCoverage[];
  /** Branch instructions that belong to no condition of the source: what the optimizer made of `min`, `max` and loops. */
  unmatchedBranches: number;
}

/** Lines that assert what can't happen: left out. */
const ASSERTION = /\/\/ assertion\b|\bbroken\(/;

/** One module: the places of its counters, and the bits that they set in all processes and threads. */
export interface MeasuredModule {
  places: Places;
  words: readonly bigint[];
}

/** What ran, file by file. */
export function coverageOf(sources: readonly Source[], modules: readonly MeasuredModule[]): CoverageReport {
  const accounts = new Map(sources.map((source) => [source.normalizedPath, new FileAccount(source)]));
  let unmatchedBranches = 0;
  for (const { places, words } of modules) {
    const isSet = (isBranch: boolean, id: number, offset: number) => {
      const { word, bit } = bitOf(isBranch, id, places.lines.length);
      return ((words[word] ?? 0n) >> BigInt(bit + offset)) & 1n;
    };
    for (const [id, keys] of places.lines.entries()) {
      const ran = isSet(false, id, 0) === 1n;
      for (const key of keys ?? []) accountLine(accounts, key, ran);
    }
    for (const [id, site] of places.branches.entries()) {
      const seen = Number(isSet(true, id, 0) + isSet(true, id, 1));
      if (!accountBranch(accounts, site, seen)) unmatchedBranches++;
    }
  }
  const files = [...accounts.values()].map((account) => account.coverage()).filter((file) => file.lines.total > 0);
  return { files, unmatchedBranches };
}

class FileAccount {
  readonly decisions: Decisions;
  readonly lines = new Map<number, boolean>();
  /** Outcomes seen at one instruction, at most: the optimizer may turn a condition round in some of its copies. */
  readonly outcomes = new Map<Condition, number>();
  private readonly assertions: ReadonlySet<number>;

  constructor(private readonly source: Source) {
    this.decisions = new Decisions(source);
    const lines = source.text.split("\n").entries();
    this.assertions = new Set([...lines].filter(([, text]) => ASSERTION.test(text)).map(([index]) => index + 1));
  }

  coverage(): FileCoverage {
    const lines = [...this.lines].filter(([line]) => !this.assertions.has(line)).sort(([a], [b]) => a - b);
    const branches = [...this.outcomes].filter(([{ line }]) => !this.assertions.has(line));
    const uncovered = branches
      .filter(([, seen]) => seen < 2)
      .map(([{ line, text }, seen]) => ({ line, text, seen: seen === 0 ? ("never" as const) : ("one way" as const) }))
      .sort((a, b) => a.line - b.line);
    return {
      file: this.source.normalizedPath,
      lines: {
        total: lines.length,
        covered: lines.filter(([, ran]) => ran).length,
        uncovered: lines.filter(([, ran]) => !ran).map(([line]) => line),
      },
      branches: { total: branches.length, covered: branches.length - uncovered.length, uncovered },
    };
  }
}

function accountLine(accounts: ReadonlyMap<string, FileAccount>, key: string, ran: boolean): void {
  const at = key.lastIndexOf(":");
  const account = accounts.get(key.slice(0, at));
  const line = Number(key.slice(at + 1));
  account?.lines.set(line, ran || account.lines.get(line) === true);
}

/** False if the instruction belongs to no condition of the source. */
function accountBranch(
  accounts: ReadonlyMap<string, FileAccount>,
  site: BranchPlace | undefined,
  seen: number,
): boolean {
  const found = conditionOf(accounts, site);
  if (found === undefined) return false;
  const { account, condition } = found;
  account.outcomes.set(condition, Math.max(seen, account.outcomes.get(condition) ?? 0));
  return true;
}

/**
 * The condition is where its expression stands; but after inlining that may be inside the called function, while the
 * branch still stands at the `if` of the caller.
 */
function conditionOf(
  accounts: ReadonlyMap<string, FileAccount>,
  site: BranchPlace | undefined,
): { account: FileAccount; condition: Condition } | undefined {
  const locate = (location: Location | null | undefined) => {
    const account = accounts.get(location?.file ?? "");
    return account === undefined || !location ? undefined : { account, offset: account.decisions.offsetOf(location) };
  };
  const [own, inner] = [locate(site?.branch), locate(site?.condition)];
  const decision = own?.account.decisions.decisionAt(own.offset);
  const condition = inner?.account.decisions.conditionAround(inner.offset);
  const conditions = decision?.conditions ?? [];
  const fallback = conditions[site?.isRightSide === true ? conditions.length - 1 : 0];
  if (inner !== undefined && condition !== undefined) {
    if (conditions.length !== 1 || conditions.includes(condition)) return { account: inner.account, condition };
  }
  // What the compiler adds to make a number a condition has no place; the branch of `a && b` decides by `a`.
  return own === undefined || fallback === undefined ? undefined : { account: own.account, condition: fallback };
}
