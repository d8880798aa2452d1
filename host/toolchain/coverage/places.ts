/** Where the counters of an instrumented module stand in the source. */

export interface Location {
  file: string;
  /** 1-based. */
  line: number;
  /** 0-based. */
  column: number;
}

/** What an instrumented module's counters count, by their numbers. */
export interface Places {
  /** Lines of source that ran when counter `n` counted, as `file:line`. */
  lines: string[][];
  branches: BranchPlace[];
}

export interface BranchPlace {
  /** Where the condition stands; null for one that the compiler made up. */
  condition: Location | null;
  /** Where the instruction stands that it steers. */
  branch: Location | null;
  /** The condition is the right side of an `&&` or `||`, which the compiler made the arm of an `if`. */
  isRightSide: boolean;
}

/** Functions of the counters are named by these and their number. */
export const LINE_FUNCTION = "coverage.line.";
export const BRANCH_FUNCTION = "coverage.branch.";

const WORD_BITS = 64;

/** Which bit of which 64-bit global a counter sets; a branch sets this one when false, the next one when true. */
export function bitOf(isBranch: boolean, id: number, lineCount: number): { word: number; bit: number } {
  // Two bits a branch, from an even one on, so that both are in one word.
  const at = isBranch ? Math.ceil(lineCount / 2) * 2 + id * 2 : id;
  return { word: Math.floor(at / WORD_BITS), bit: at % WORD_BITS };
}

/** An expression on the way to the current line of the text. */
interface Open {
  indent: number;
  location: Location | null;
  isArm: boolean;
}

/**
 * Reads them from binaryen's text of the instrumented module: one expression a line, indented by its depth, after a
 * `;;@ file:line:column` wherever the location changes.
 */
export function readPlaces(text: string): Places {
  const places: Places = { lines: [], branches: [] };
  let location: Location | null = null;
  let open: Open[] = [];
  let owners: { indent: number; id: number }[] = [];
  let watched: number | undefined;
  for (const row of text.split("\n")) {
    const indent = row.search(/\S/);
    const content = row.trim();
    if (content.startsWith(";;@")) location = parseLocation(content);
    if (!content.startsWith("(") || /^\((param|result|local|type)\b/.test(content)) continue;
    open = open.filter((each) => each.indent < indent);
    const parent = open[open.length - 1];
    if (/^\((then|else)\b/.test(content)) {
      open.push({ indent, location: parent?.location ?? null, isArm: true });
      continue;
    }
    owners = owners.filter((owner) => owner.indent <= indent);
    const counter = /^\(call \$coverage\.(line|branch)\.(\d+)/.exec(content);
    const site = watched === undefined ? undefined : places.branches[watched];
    if (site !== undefined) site.condition = location;
    watched = undefined;
    if (counter?.[1] === "line") {
      const id = Number(counter[2]);
      owners = [...owners.filter((owner) => owner.indent < indent), { indent, id }];
      places.lines[id] = [];
    } else if (counter?.[1] === "branch") {
      watched = Number(counter[2]);
      places.branches[watched] = {
        condition: null,
        branch: parent?.location ?? null,
        isRightSide: parent?.isArm ?? false,
      };
    } else {
      open.push({ indent, location, isArm: false });
      addLine(places, owners, location);
    }
  }
  return places;
}

/** The line ran if the innermost statement around it did. */
function addLine(places: Places, owners: readonly { id: number }[], location: Location | null): void {
  const owner = owners[owners.length - 1];
  if (owner === undefined || location === null) return;
  const key = `${location.file}:${location.line}`;
  const lines = places.lines[owner.id];
  if (lines !== undefined && !lines.includes(key)) lines.push(key);
}

function parseLocation(content: string): Location | null {
  const match = /^;;@ (.+):(\d+):(\d+)$/.exec(content);
  if (match === null) return null;
  return { file: match[1] ?? "", line: Number(match[2]), column: Number(match[3]) };
}
