import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { generateTrace } from "../../../host/simulate/generate.js";
import { fileSource, readTrace, type TraceSource } from "../../../host/simulate/trace/reader.js";
import {
  TICKS_PER_SECOND,
  TraceError,
  type TraceFormat,
  type TraceRecord,
} from "../../../host/simulate/trace/record.js";
import { smallTrace, textSource, tracePath } from "./helpers.js";

async function records(source: TraceSource, format: TraceFormat): Promise<TraceRecord[]> {
  const found: TraceRecord[] = [];
  await readTrace(source, format, (record) => found.push({ ...record }));
  return found;
}

/** Times from the first record on, since the formats count from different zeros. */
function relative(found: readonly TraceRecord[]) {
  const { seconds = 0, ticks = 0 } = found[0] ?? {};
  return found.map((record) => ({
    ...record,
    seconds: 0,
    ticks: (record.seconds - seconds) * TICKS_PER_SECOND + record.ticks - ticks,
  }));
}

const cloudPhysics = "version,time,op,size,lbn\n1,12.5,2a,512,4\n1,13,28,4096,8\n";
const msr = "128166372003061629,hm,0,Read,2048,512,100\n128166372013061630,hm,1,write,0,8192,7\n";

describe("trace reader", () => {
  test("reads a CloudPhysics line: seconds, opcode, bytes, blocks of 512 bytes", async () => {
    assert.deepEqual(await records(textSource(cloudPhysics), "cloudphysics"), [
      { seconds: 12, ticks: 5_000_000, volume: 0, address: 2048, bytes: 512, write: true, skippedOpcode: -1 },
      { seconds: 13, ticks: 0, volume: 0, address: 4096, bytes: 4096, write: false, skippedOpcode: -1 },
    ]);
  });

  test("reads an MSR line; a filetime beyond 2^53 stays exact, and each disk is a volume of its own", async () => {
    assert.deepEqual(await records(textSource(msr), "msr"), [
      { seconds: 12816637200, ticks: 3061629, volume: 0, address: 2048, bytes: 512, write: false, skippedOpcode: -1 },
      { seconds: 12816637201, ticks: 3061630, volume: 1, address: 0, bytes: 8192, write: true, skippedOpcode: -1 },
    ]);
    const pass = await readTrace(textSource(msr), "msr", () => undefined);
    assert.deepEqual(pass, { lines: 2, volumes: ["hm,0", "hm,1"] });
  });

  test("gives the same records however the bytes are cut", async () => {
    const text = (await readFile(tracePath("small-msr.csv"), "latin1")).slice(0, 3000).replace(/\n[^\n]*$/, "\n");
    const whole = await records(textSource(text), "msr");
    assert.equal(whole.length, text.split("\n").length - 2);
    for (const chunkBytes of [1, 2, 7, 64, 1000]) {
      assert.deepEqual(await records(textSource(text, chunkBytes), "msr"), whole, `chunks of ${chunkBytes}`);
    }
  });

  test("takes carriage returns, a missing header, a missing last newline and empty lines at the end", async () => {
    const plain = await records(textSource(cloudPhysics), "cloudphysics");
    const [, ...body] = cloudPhysics.split("\n");
    for (const text of [
      cloudPhysics.replaceAll("\n", "\r\n"),
      body.join("\n"),
      cloudPhysics.trimEnd(),
      `${cloudPhysics}\n\n`,
      `\u00ef\u00bb\u00bf${cloudPhysics}`,
    ]) {
      assert.deepEqual(await records(textSource(text), "cloudphysics"), plain, JSON.stringify(text));
    }
  });

  test("reads the same commands from both formats of one trace", async () => {
    const fromCloudPhysics = await records(await fileSource(tracePath("small-cloudphysics.csv")), "cloudphysics");
    const fromMsr = await records(await fileSource(tracePath("small-msr.csv")), "msr");
    assert.ok(fromMsr.length > 500);
    assert.deepEqual(relative(fromMsr), relative(fromCloudPhysics));
  });

  test("reads gzip by its content, and refuses it cut short", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-trace-"));
    try {
      const packed = gzipSync(await readFile(tracePath("small-msr.csv")));
      const path = join(folder, "named.csv");
      await writeFile(path, packed);
      const plain = await records(await fileSource(tracePath("small-msr.csv")), "msr");
      assert.deepEqual(await records(await fileSource(path), "msr"), plain);
      await writeFile(path, packed.subarray(0, packed.length - 100));
      await assert.rejects(records(await fileSource(path), "msr"), /named\.csv: damaged gzip data .*whole file/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("refuses a file that is not there and one that is a folder", async () => {
    await assert.rejects(fileSource("/nowhere/trace.csv"), /trace\.csv: can't be read \(ENOENT\); expected a CSV file/);
    await assert.rejects(fileSource(tmpdir()), /is no regular file/);
  });

  test("is what the generator writes: the committed traces come from it", async () => {
    for (const format of ["cloudphysics", "msr"] as const) {
      const made = Buffer.concat([...generateTrace(format, smallTrace)]);
      assert.deepEqual(made, await readFile(tracePath(`small-${format}.csv`)));
    }
  });
});

describe("broken lines", () => {
  const cases: [format: TraceFormat, line: string, column: string, problem: RegExp][] = [
    ["cloudphysics", "x,1,2a,512,4", "version", /found "x"; expected a whole number/],
    ["cloudphysics", "1,one,2a,512,4", "time", /found "one"; expected a time in seconds/],
    ["cloudphysics", "1,1.,2a,512,4", "time", /found "1\."/],
    ["cloudphysics", "1,1.2.3,2a,512,4", "time", /found "1\.2\.3"/],
    ["cloudphysics", "1,-1,2a,512,4", "time", /found "-1"/],
    ["cloudphysics", "1,1,2g,512,4", "op", /found "2g"; expected a SCSI opcode/],
    ["cloudphysics", "1,1,,512,4", "op", /found nothing/],
    ["cloudphysics", "1,1,2a,-512,4", "size", /found "-512"; expected a whole number of bytes/],
    ["cloudphysics", "1,1,2a,99999999999,4", "size", /up to 2147483648/],
    ["cloudphysics", "1,1,2a,512,0x4", "lbn", /found "0x4"; expected a whole number of blocks/],
    ["cloudphysics", "1,1,2a,512,9007199254740991", "lbn", /blocks of 512 bytes/],
    ["cloudphysics", "1,1,2a,512", "lbn", /missing, the line ends after 4 fields/],
    ["cloudphysics", "1,1,2a,512,4,5,6", "", /7 fields; expected 5 fields: version,time,op,size,lbn/],
    ["cloudphysics", "1;1;2a;512;4", "time", /missing, the line ends after 1 fields/],
    ["msr", "1.5,hm,0,Read,0,512,1", "Timestamp", /found "1\.5"; expected a Windows filetime/],
    ["msr", ",hm,0,Read,0,512,1", "Timestamp", /found nothing/],
    ["msr", "12,,0,Read,0,512,1", "Hostname", /found nothing; expected the name of the host/],
    ["msr", "12,hm,a,Read,0,512,1", "DiskNumber", /found "a"; expected the number of the disk/],
    ["msr", "12,hm,0,Trim,0,512,1", "Type", /found "Trim"; expected Read or Write/],
    ["msr", "12,hm,0,Read,1e3,512,1", "Offset", /found "1e3"/],
    ["msr", "12,hm,0,Read,0,,1", "Size", /found nothing/],
    ["msr", "12,hm,0,Read,0,512,x", "ResponseTime", /found "x"/],
    ["msr", "12,hm,0,Read,0", "Size", /missing, the line ends after 5 fields/],
  ];
  for (const [format, line, column, problem] of cases) {
    test(`${format}: ${line}`, async () => {
      const good = format === "cloudphysics" ? "1,1,2a,512,4" : "12,hm,0,Read,0,512,1";
      await assert.rejects(records(textSource(`${good}\n${good}\n${line}\n${good}\n`), format), (error: unknown) => {
        assert.ok(error instanceof TraceError);
        assert.equal(error.file, "given.csv");
        assert.equal(error.line, 3);
        assert.equal(error.column, column);
        assert.match(error.message, /^given\.csv:3: /);
        assert.match(error.message, problem);
        return true;
      });
    });
  }

  test("an empty line between others", async () => {
    await assert.rejects(
      records(textSource("1,1,2a,512,4\n\n1,1,2a,512,4\n"), "cloudphysics"),
      /given\.csv:2: an empty/,
    );
  });

  test("a file without ends of lines", async () => {
    await assert.rejects(
      records(textSource("a".repeat(10_000), 100), "msr"),
      /given\.csv:1: no end of line within 4096/,
    );
  });

  test("the header of another format", async () => {
    await assert.rejects(
      records(textSource("time,op,size,lbn,version\n1,1,2a,5,4\n"), "cloudphysics"),
      /:1: column version/,
    );
  });

  test("a header in the middle", async () => {
    await assert.rejects(
      records(textSource(`${cloudPhysics}version,time,op,size,lbn\n`), "cloudphysics"),
      /:4: column/,
    );
  });
});
