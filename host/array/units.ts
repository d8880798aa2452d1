/** Quantities as people write them: `500ms`, `80%`, `10Gbit/s`; worked out to the unit that a knob or capacity has. */

export interface UnitSuffix {
  suffix: string;
  /** Units of the field in one of these. */
  factor: number;
}

const TIME: readonly UnitSuffix[] = [
  { suffix: "ms", factor: 1 },
  { suffix: "s", factor: 1000 },
  { suffix: "min", factor: 60_000 },
  { suffix: "h", factor: 3_600_000 },
];
const PERMILLE: readonly UnitSuffix[] = [
  { suffix: "permille", factor: 1 },
  { suffix: "%", factor: 10 },
];
const PROCESSOR: readonly UnitSuffix[] = [
  { suffix: "us/s", factor: 1 },
  { suffix: "ms/s", factor: 1000 },
  { suffix: "%", factor: 10_000 },
  { suffix: "cpu", factor: 1_000_000 },
];
const BANDWIDTH: readonly UnitSuffix[] = [
  { suffix: "KiB/s", factor: 1 },
  { suffix: "MiB/s", factor: 1024 },
  { suffix: "GiB/s", factor: 1024 ** 2 },
  { suffix: "MB/s", factor: 1e6 / 1024 },
  { suffix: "GB/s", factor: 1e9 / 1024 },
  { suffix: "Mbit/s", factor: 1e6 / 8 / 1024 },
  { suffix: "Gbit/s", factor: 1e9 / 8 / 1024 },
];
const SPEED: readonly UnitSuffix[] = [
  { suffix: "Mbit/s", factor: 1 },
  { suffix: "Gbit/s", factor: 1000 },
];
const RATE: readonly UnitSuffix[] = [
  { suffix: "/s", factor: 1 },
  { suffix: "k/s", factor: 1000 },
  { suffix: "M/s", factor: 1e6 },
];

/** Suffixes that a field of each unit understands; other units are plain numbers. */
const SUFFIXES: Readonly<Record<string, readonly UnitSuffix[]>> = {
  ms: TIME,
  permille: PERMILLE,
  "us/s": PROCESSOR,
  "KiB/s": BANDWIDTH,
  "1/s": RATE,
  "Mbit/s": SPEED,
};

const NUMBER = "[0-9]+(?:\\.[0-9]+)?";

/** Suffixes of a unit; empty for one that is written as a plain number. */
export function suffixesOf(unit: string): readonly UnitSuffix[] {
  return SUFFIXES[unit] ?? [];
}

/** Regular expression of the texts that a unit's fields take; undefined where only numbers are right. */
export function patternOf(unit: string): string | undefined {
  const suffixes = suffixesOf(unit);
  if (suffixes.length === 0) return undefined;
  const alternatives = suffixes.map(({ suffix }) => suffix).join("|");
  return `^${NUMBER} ?(?:${alternatives})$`;
}

/** A number, or a text with a suffix, in the field's unit, rounded to a whole number; undefined for anything else. */
export function quantity(value: unknown, unit: string): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const match = /^([0-9]+(?:\.[0-9]+)?) ?(\D.*)$/.exec(value);
  const suffix = suffixesOf(unit).find((candidate) => candidate.suffix === match?.[2]);
  if (match === null || suffix === undefined) return undefined;
  return Math.round(Number(match[1]) * suffix.factor);
}

/** What a field of the unit takes, for messages: `10 to 60000 ms (or 500ms, 2s, …)`. */
export function unitHelp(unit: string, min: number, max: number): string {
  const suffixes = suffixesOf(unit).map(({ suffix }) => suffix);
  const range = `${min} to ${max}`;
  if (suffixes.length === 0) return `${range} ${unit}`.trim();
  return `${range} ${unit}, as a number or with one of: ${suffixes.join(", ")}`;
}
