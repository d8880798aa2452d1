import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DemandShape, initiatorOf, playDemand, Seats } from "../../../host/simulate/demand.js";
import { commandCost, loadModels } from "../../../host/simulate/load.js";
import { cutRegions } from "../../../host/simulate/regions.js";
import { survey } from "../../../host/simulate/survey.js";
import { fileSource, readTrace, type TraceSource } from "../../../host/simulate/trace/reader.js";
import type { TraceFormat } from "../../../host/simulate/trace/record.js";
import { textSource, tracePath } from "./helpers.js";

const model = loadModels.processor;
const MIB = 1024 * 1024;

async function shapeOf(source: TraceSource, format: TraceFormat, tickTicks: number, ticks: number) {
  const facts = await survey(source, format, model);
  const regions = cutRegions(facts, 8, "traffic");
  const shape: DemandShape = { format, model, regions, seats: new Seats(facts, regions, 3), tickTicks, ticks };
  return { facts, shape };
}

/** Commands of each tick. */
async function perTick(text: string, tickTicks: number, ticks: number): Promise<number[]> {
  const source = textSource(text);
  const { facts, shape } = await shapeOf(source, "cloudphysics", tickTicks, ticks);
  const found: number[] = [];
  await playDemand(source, facts, shape, (demand) => {
    assert.equal(demand.tick, found.length);
    found.push(demand.commands.reduce((a, b) => a + b, 0));
  });
  return found;
}

describe("survey", () => {
  test("counts what a trace holds, and leaves out what is neither read nor write", async () => {
    const lines = ["1,10,2a,512,4", "1,11,28,4096,8", "1,11,35,0,0", "1,12,00,0,0", "1,11.5,8A,512,4", "1,14,35,0,0"];
    const facts = await survey(textSource(lines.join("\n")), "cloudphysics", model);
    assert.equal(facts.commands, 3);
    assert.equal(facts.writes, 2);
    assert.equal(facts.bytes, 5120);
    assert.equal(facts.cost, 3 * 20_000 + 5120 / 4);
    assert.deepEqual([...facts.skipped].sort(), [
      [0x00, 1],
      [0x35, 2],
    ]);
    assert.equal(facts.spanTicks, 15_000_000, "the last command that counts is at 11.5 s");
    assert.equal(facts.wholeSeconds, false);
    assert.equal(facts.lateLines, 0);
  });

  test("counts lines that stand late, and refuses times that can't be of one trace", async () => {
    const late = await survey(textSource("1,10,2a,512,4\n1,12,2a,512,4\n1,11,2a,512,4\n"), "cloudphysics", model);
    assert.equal(late.lateLines, 1);
    assert.equal(late.wholeSeconds, true);
    const far = textSource("1,10,2a,512,4\n1,99000000,2a,512,4\n");
    await assert.rejects(survey(far, "cloudphysics", model), /command 2 is 1146 days off the first one/);
  });

  test("refuses a trace without any command", async () => {
    for (const text of ["", "version,time,op,size,lbn\n", "1,1,35,0,0\n"]) {
      await assert.rejects(survey(textSource(text), "cloudphysics", model), /holds no read or write/);
    }
  });

  test("keeps its extents few: they double", async () => {
    const lines: string[] = [];
    for (let i = 0; i < 300_000; i++) lines.push(`1,1,2a,512,${i * 256}`);
    const facts = await survey(textSource(lines.join("\n")), "cloudphysics", model);
    assert.equal(facts.extentBytes, 256 * 1024);
    assert.equal(facts.volumes[0]?.extents.length, 150_000);
    assert.equal(
      facts.volumes[0]?.costs.reduce((a, b) => a + b, 0),
      facts.cost,
    );
  });
});

describe("regions", () => {
  test("of equal traffic carry the same share, however addresses lie", async () => {
    const lines: string[] = [];
    for (let i = 0; i < 1000; i++) lines.push(`1,1,28,4096,${Math.floor(i ** 3 / 10) * 128}`);
    const source = textSource(lines.join("\n"));
    const facts = await survey(source, "cloudphysics", model);
    const regions = cutRegions(facts, 4, "traffic");
    assert.equal(regions.count, 4);
    const shares = new Array<number>(4).fill(0);
    await readTrace(source, "cloudphysics", ({ address }) => {
      shares[regions.of(0, address)] = (shares[regions.of(0, address)] as number) + 1;
    });
    for (const share of shares) assert.ok(Math.abs(share - 250) <= 3, `${shares}`);
  });

  test("of equal size have the same number of addresses", async () => {
    const lines: string[] = [];
    for (let i = 0; i < 64; i++) for (let n = 0; n <= i; n++) lines.push(`1,1,28,4096,${i * 2048}`);
    const regions = cutRegions(await survey(textSource(lines.join("\n")), "cloudphysics", model), 4, "size");
    assert.deepEqual(
      Array.from({ length: 64 }, (_, i) => regions.of(0, i * MIB)),
      Array.from({ length: 64 }, (_, i) => Math.floor((i * MIB + 32_768) / ((63 * MIB + 65_536) / 4))),
    );
  });

  test("end with their volume, and are fewer where one extent outweighs them", async () => {
    const lines = ["1,a,0,Read,0,4096,1", "1,b,0,Read,0,4096,1", "1,b,0,Read,0,4096,1", "1,b,1,Read,655360,4096,1"];
    const regions = cutRegions(await survey(textSource(lines.join("\n")), "msr", model), 16, "traffic");
    assert.deepEqual(regions.names, ["a.0+0MiB", "b.0+0MiB", "b.1+0MiB"]);
    assert.deepEqual([regions.of(0, 9e12), regions.of(1, 0), regions.of(2, 655_360)], [0, 1, 2]);
  });
});

describe("demand", () => {
  test("carries every command of the trace once, at its cost, to a session that has a seat", async () => {
    const source = await fileSource(tracePath("small-msr.csv"));
    const { facts, shape } = await shapeOf(source, "msr", 1_000_000, 500);
    const sums = { cost: 0, commands: 0, bytes: 0, ticks: 0 };
    await playDemand(source, facts, shape, (demand) => {
      sums.ticks++;
      for (let i = 0; i < demand.count; i++) {
        const session = demand.touched[i] as number;
        assert.ok(session >= 0 && session < shape.seats.count);
        sums.cost += demand.cost[session] as number;
        sums.commands += demand.commands[session] as number;
        sums.bytes += demand.bytes[session] as number;
      }
    });
    assert.deepEqual(sums, { cost: facts.cost, commands: facts.commands, bytes: facts.bytes, ticks: 500 });
  });

  test("falls into the tick of its time; a late line into the one under way", async () => {
    const text = "1,10.0,2a,512,4\n1,10.1,2a,512,4\n1,10.35,2a,512,4\n1,10.05,2a,512,4\n";
    assert.deepEqual(await perTick(text, 1_000_000, 5), [1, 1, 0, 2, 0]);
    assert.deepEqual(await perTick(text, 2_000_000, 2), [2, 2], "at twice the speed");
  });

  test("of a clock of whole seconds is spread over each second", async () => {
    const text = `${"1,10,2a,512,4\n".repeat(20)}1,11,2a,512,4\n${"1,13,2a,512,4\n".repeat(2)}`;
    const found = await perTick(text, 1_000_000, 40);
    const expected = [
      ...new Array<number>(10).fill(2),
      1,
      ...new Array<number>(19).fill(0),
      1,
      0,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
    ];
    assert.deepEqual(found, expected);
  });

  test("deals each extent of 1 MiB to one initiator, and all of them evenly", () => {
    const counts = new Array<number>(5).fill(0);
    for (let extent = 0; extent < 10_000; extent++) {
      const initiator = initiatorOf(0, extent * MIB, 5);
      assert.equal(initiatorOf(0, extent * MIB + MIB - 1, 5), initiator);
      counts[initiator] = (counts[initiator] as number) + 1;
    }
    for (const count of counts) assert.ok(count > 1800 && count < 2200, `${counts}`);
  });

  test("costs by its model", () => {
    assert.equal(commandCost(loadModels.processor, 81_920), 40_480);
    assert.equal(commandCost(loadModels.bandwidth, 81_920), 81_920);
    assert.equal(commandCost(loadModels.operations, 81_920), 1);
  });
});
