import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { buildModel } from "../../host/toolchain/model.js";
import { SourceProblems } from "../../host/toolchain/problems.js";
import { type Change, lineOfText, THING_FILE, writeFixture } from "./fixture.js";

interface Mistake {
  what: string;
  change: Change;
  /** Text of the line that the message must name. */
  at: string;
  message: RegExp;
  expected: RegExp;
  /** Where the change isn't where the problem is: the file that the message must name. */
  file?: string;
}

function inThings(from: string, to: string): Change {
  return { file: THING_FILE, from, to };
}

const ROW_OF_264_BYTES = Array.from({ length: 32 }, (_, index) => `@field("counter") bytes${index}: u64;`).join("\n");

const MISTAKES: readonly Mistake[] = [
  {
    what: "an unknown role",
    change: inThings('@field("counter") bytes', '@field("tally") bytes'),
    at: "bytes: u64",
    message: /field bytes has the unknown role 'tally'/,
    expected: /counter/,
  },
  {
    what: "a field without a mark",
    change: inThings('@field("counter") bytes', "bytes"),
    at: "bytes: u64",
    message: /field bytes has no mark/,
    expected: /@field or @knob/,
  },
  {
    what: "a field with both marks",
    change: inThings('@knob("things"', '@field("count") @knob("things"'),
    at: "most: u8",
    message: /field most has both @field and @knob/,
    expected: /@field or @knob/,
  },
  {
    what: "an unknown enum",
    change: inThings('"enum", "ThingKind"', '"enum", "Kind"'),
    at: "kind: u8",
    message: /unknown enum 'Kind'/,
    expected: /ThingKind/,
  },
  {
    what: "an enum reference that is missing",
    change: inThings('"enum", "ThingKind"', '"enum"'),
    at: "kind: u8",
    message: /unknown enum ''/,
    expected: /ThingKind/,
  },
  {
    what: "an enum value that the field can't hold",
    change: inThings("SECOND = 2", "SECOND = 256"),
    at: "kind: u8",
    message: /ThingKind has the value 256, kind is u8/,
    expected: /wider/,
  },
  {
    what: "a flag that is no single bit",
    change: inThings("OTHER = 4", "OTHER = 3"),
    at: "flags: u16",
    message: /flag ThingFlag.OTHER is 3/,
    expected: /power of two/,
  },
  {
    what: "an index of unknown rows",
    change: inThings('"index", "thing"', '"index", "gadget"'),
    at: "next: u16",
    message: /unknown rows 'gadget'/,
    expected: /thing/,
  },
  {
    what: "a reference where the role takes none",
    change: inThings('@field("counter") bytes', '@field("counter", "thing") bytes'),
    at: "bytes: u64",
    message: /role counter of bytes takes no reference/,
    expected: /@field\("counter"\)/,
  },
  {
    what: "a role on a type that it can't have",
    change: inThings('@field("time") deadlineMs: u64;', '@field("time") deadlineMs: u32;\n  @field("pad") pad: u32;'),
    at: "deadlineMs: u32",
    message: /role time has type u32/,
    expected: /u64/,
  },
  {
    what: "a type that no row has",
    change: inThings("bytes: u64", "bytes: f64"),
    at: "bytes: f64",
    message: /field bytes has type 'f64'/,
    expected: /u8, u16, u32, u64/,
  },
  {
    what: "a pad that is missing before a 64-bit field",
    change: inThings('  @field("pad") pad: u16;\n', ""),
    at: "bytes: u64",
    message: /field bytes leaves 2 unnamed bytes at 6/,
    expected: /role "pad".*multiple of 8/,
  },
  {
    what: "a pad that is missing at the end",
    change: inThings('  @field("bitmap", "thing") others: u32;\n', ""),
    at: "deadlineMs: u64",
    message: /field deadlineMs leaves 4 unnamed bytes/,
    expected: /role "pad"/,
  },
  {
    what: "a row that misaligns the next one",
    change: inThings(
      '@field("time") deadlineMs: u64;',
      '@field("time") deadlineMs: u64;\n  @field("count") more: u32;',
    ),
    at: "export class ThingState",
    message: /ThingState is 20 bytes long, no multiple of 8/,
    expected: /4 more bytes of role "pad"/,
  },
  {
    what: "a sealed row that is no whole number of 64-bit words",
    change: inThings('@field("id") id: u32;', '@field("id") id: u32;\n  @field("count") more: u32;'),
    at: "export class ThingConfig",
    message: /ThingConfig is 20 bytes long, no multiple of 8/,
    expected: /4 more bytes of role "pad"/,
  },
  {
    what: "a row whose fields one byte can't name",
    change: inThings('@field("counter") bytes: u64;', ROW_OF_264_BYTES),
    at: "export class ThingInput",
    message: /ThingInput is 264 bytes long/,
    expected: /at most 256/,
  },
  {
    what: "an unknown capacity",
    change: inThings('"thing-state", "state", THING_MAX', '"thing-state", "state", GADGET_MAX'),
    at: '@table("thing-state"',
    message: /capacity of @table: unknown constant 'GADGET_MAX'/,
    expected: /compile-time constant/,
  },
  {
    what: "a capacity that is missing",
    change: inThings('"thing-state", "state", THING_MAX', '"thing-state", "state"'),
    at: "export class ThingState",
    message: /capacity of @table is missing/,
    expected: /compile-time constant/,
  },
  {
    what: "a capacity of no rows",
    change: { file: "assembly/limits.ts", from: "PROFILE == 0 ? 8", to: "PROFILE == 0 ? 0" },
    at: "export class ThingConfig",
    file: THING_FILE,
    message: /table thing-config has no row in the small profile/,
    expected: /at least 1/,
  },
  {
    what: "an unknown kind of table",
    change: inThings('"thing-state", "state"', '"thing-state", "status"'),
    at: "export class ThingState",
    message: /unknown kind of table 'status'/,
    expected: /header, input, latched, configuration, state, decision/,
  },
  {
    what: "a class without a table",
    change: inThings('@table("thing-state", "state", THING_MAX)\n', ""),
    at: "export class ThingState",
    message: /class ThingState has no @table/,
    expected: /@table/,
  },
  {
    what: "a managed class",
    change: inThings('@unmanaged\n@table("thing-state"', '@table("thing-state"'),
    at: "export class ThingState",
    message: /class ThingState has no @unmanaged/,
    expected: /@unmanaged/,
  },
  {
    what: "two tables of one name",
    change: inThings('@table("thing-state"', '@table("thing-input"'),
    at: "export class ThingState",
    message: /table 'thing-input' or class ThingState stands twice/,
    expected: /names of their own/,
  },
  {
    what: "a knob outside a configuration table",
    change: inThings('@field("generation") generation', '@knob("x", 0, 9, 1) generation'),
    at: "generation: u32",
    message: /knob generation in the input table ThingInput/,
    expected: /configuration tables only/,
  },
  {
    what: "a default outside its range",
    change: inThings("10, 60000, 100)", "10, 60000, 9)"),
    at: "lookMs: u32",
    message: /default 9 of lookMs/,
    expected: /from 10 to 60000/,
  },
  {
    what: "a range that the field can't hold",
    change: inThings("1, 255, 4)", "1, 256, 4)"),
    at: "most: u8",
    message: /largest value 256 of most/,
    expected: /at most 255/,
  },
  {
    what: "a knob without a default",
    change: inThings("10, 60000, 100)", "10, 60000)"),
    at: "lookMs: u32",
    message: /@knob is incomplete/,
    expected: /@knob\(unit, min, max, default\)/,
  },
  {
    what: "a latched row without a sequence word",
    change: inThings('"thing-input", "input"', '"thing-input", "latched"'),
    at: "export class ThingInput",
    message: /latched row ThingInput begins without a sequence word/,
    expected: /sequenceWord/,
  },
  {
    what: "a field name that the views reserve",
    change: inThings("bytes: u64", "capacity: u64"),
    at: "capacity: u64",
    message: /field name capacity of ThingInput/,
    expected: /reserve/,
  },
  {
    what: "a constant that depends on itself",
    change: { file: "assembly/limits.ts", from: "PROFILE == 0 ? 8", to: "PROFILE == 0 ? THING_MAX" },
    at: "THING_MAX: u32",
    message: /constant 'THING_MAX' depends on itself/,
    expected: /compile-time constant/,
  },
  {
    what: "a constant below zero",
    change: { file: "assembly/limits.ts", from: "PROFILE == 0 ? 8", to: "PROFILE == 0 ? 8 - 9" },
    at: "THING_MAX: u32",
    message: /-1 is no unsigned 32-bit number/,
    expected: /compile-time constant/,
  },
  {
    what: "more tables than the directory names",
    change: { file: "assembly/memory/header.ts", from: "TABLE_MAX: u32 = 8", to: "TABLE_MAX: u32 = 4" },
    at: "",
    message: /5 tables/,
    expected: /at most TABLE_MAX \(4\)/,
  },
  {
    what: "a directory larger than the constants",
    change: { file: "assembly/memory/header.ts", from: "CONSTANTS_BYTES: u32 = 1024", to: "CONSTANTS_BYTES: u32 = 64" },
    at: "",
    message: /a directory of 160 bytes/,
    expected: /at most CONSTANTS_BYTES \(64\)/,
  },
  {
    what: "a small profile that takes more than one page",
    change: { file: "assembly/limits.ts", from: "PROFILE == 0 ? 8", to: "PROFILE == 0 ? 1024" },
    at: "",
    message: /the small profile takes \d+ bytes/,
    expected: /at most 65536/,
  },
];

describe("marks that are wrong fail the build with file, line and what would be right", () => {
  for (const { what, change, at, message, expected, file } of MISTAKES) {
    it(what, () => {
      const root = writeFixture("marks", [change]);
      const problems = problemsOf(root);
      const found = problems.find((problem) => message.test(problem.message));
      assert.ok(found, `no problem says ${message}: ${problems.map((problem) => problem.message).join("; ")}`);
      assert.equal(found.file, file ?? change.file);
      assert.match(found.expected, expected);
      if (at !== "") assert.equal(found.line, lineOfText(readFileSync(join(root, found.file), "utf8"), at));
    });
  }

  it("names all of a source's mistakes at once", () => {
    const changes = [inThings('"counter"', '"tally"'), inThings('"index", "thing"', '"index", "gadget"')];
    assert.equal(problemsOf(writeFixture("marks", changes)).length, 2);
  });

  it("names the line of a syntax error", () => {
    const root = writeFixture("marks", [inThings("others: u32;", "others: ;")]);
    const [problem] = problemsOf(root);
    assert.equal(problem?.line, lineOfText(readFileSync(join(root, THING_FILE), "utf8"), "others: ;"));
  });
});

function problemsOf(root: string): SourceProblems["problems"] {
  try {
    buildModel(root);
  } catch (error) {
    if (error instanceof SourceProblems) return error.problems;
    throw error;
  }
  return [];
}
