import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineArray } from "../../../host/management/array/engine-array.js";
import { SingleProcessor } from "../../../host/management/processors/directory.js";
import { Management } from "../../../host/management/run/management.js";
import { embeddedSettings } from "../../../host/management/run/settings.js";
import { ARRAY_TEXT, makeEngine } from "./fixture.js";

/** A server's thread that says that it listens, answers two pings, and then computes for ever. */
const HANGING = `
  import { parentPort } from "node:worker_threads";
  let pings = 0;
  parentPort.on("message", ({ news }) => {
    if (news !== "ping") return;
    parentPort.postMessage({ news: "pong" });
    if (++pings === 2) for (;;);
  });
  parentPort.postMessage({ news: "listening", data: { url: "http://127.0.0.1:1", oneTime: undefined, noUsers: false } });
`;

/** A server's thread that answers every ping. */
const ANSWERING = `
  import { parentPort } from "node:worker_threads";
  parentPort.on("message", ({ news }) => {
    if (news === "ping") parentPort.postMessage({ news: "pong" });
    if (news === "close") process.exit();
  });
  parentPort.postMessage({ news: "listening", data: { url: "http://127.0.0.1:1", oneTime: undefined, noUsers: false } });
`;

/** Longer than a thread may leave what it is asked unanswered. */
const STANDSTILL_MS = 5500;
const AFTER_MS = 1500;

test("a hung full server holds up no tick, is ended and started anew; the address is left and claimed again", async () => {
  const engine = makeEngine();
  const array = new EngineArray({ engine, controller: "sp1", text: ARRAY_TEXT, file: undefined });
  const [lines, claims]: [string[], boolean[]] = [[], []];
  const management = managementOf(array, HANGING, lines, claims);
  await management.start();
  let ticks = 0;
  for (let ms = 2000; !lines.includes("management: the full server is back"); ms += 100) {
    engine.step(ms);
    ticks++;
    assert.ok(ticks < 3000, lines.join("\n"));
    await sleep(20);
  }
  assert.ok(lines[0]?.startsWith("management: the full server is hung"), lines[0]);
  assert.deepEqual(claims, [true, false, true]);
  await management.close();
  assert.equal(claims.at(-1), false);
  await engine.close();
});

test("a full server is not hung where the engine's own thread has stood still", async () => {
  const engine = makeEngine();
  const array = new EngineArray({ engine, controller: "sp1", text: ARRAY_TEXT, file: undefined });
  const [lines, claims]: [string[], boolean[]] = [[], []];
  const management = managementOf(array, ANSWERING, lines, claims);
  try {
    await management.start();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDSTILL_MS);
    await sleep(AFTER_MS);
    assert.deepEqual([lines, claims], [[], [true]]);
  } finally {
    await management.close();
    await engine.close();
  }
});

function managementOf(array: EngineArray, thread: string, lines: string[], claims: boolean[]): Management {
  return new Management({
    array,
    directory: new SingleProcessor("sp1"),
    settings: embeddedSettings(undefined),
    version: "0.0.0",
    bootCount: 1,
    oneTimeToken: false,
    claim: (has) => claims.push(has),
    report: (line) => lines.push(line),
    thread: new URL(`data:text/javascript,${encodeURIComponent(thread)}`),
  });
}
