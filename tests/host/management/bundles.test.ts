import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { readTrust } from "../../../host/bundle/open.js";
import { Slots } from "../../../host/bundle/trial.js";
import { FolderStorage } from "../../../host/bundle/trial-storage.js";
import { encodeTrust } from "../../../host/bundle/trust.js";
import { topFolder } from "../../../host/cli/exit.js";
import { BundleKeeper } from "../../../host/management/array/bundle-keeper.js";
import type { Role } from "../../../host/management/commands/command.js";
import { BundleFixture, KEY_ONE, makeTrust, STRANGER } from "../bundle/fixture.js";
import { type Answer, ask, freshKey, type MadeFull, makeFull } from "./fixture.js";

const OLD = "1.2.3";
const NEW = "1.3.0";
const LIMITS = { attempts: 2, confirmMs: 60_000 };

interface SlotsShown {
  active: string;
  trial: string;
  attempts: number;
  returned: string;
  securityCounter: number;
}

/** Every file of a folder with its contents' hash. */
function treeOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [path.slice(folder.length), createHash("sha256").update(readFileSync(path)).digest("hex")]),
  );
}

describe("bundles through the management server, in slots on a disk", () => {
  let folder = "";
  let made: MadeFull;
  const at = (name: string) => join(folder, name);
  const slots = () => new Slots(new FolderStorage(at("slots")), readTrust(at("trust.json")));
  const versionIn = (slot: string) =>
    (JSON.parse(readFileSync(at(`slots/slot-${slot}/manifest.json`), "utf8")) as { version: string }).version;

  /** `fairlead slots`, as an operator calls it on the device. */
  function fairlead(...words: string[]): string {
    const options = ["--slots", at("slots"), "--trust", at("trust.json")];
    const program = join(topFolder(), "host/cli/fairlead.js");
    return execFileSync(process.execPath, [program, "slots", ...words, ...options], { encoding: "utf8" });
  }

  /** Puts a bundle where those are that may be installed. @param spoil changes the fixture before it is written */
  function upload(name: string, version: string, spoil: (fixture: BundleFixture) => void = () => undefined): void {
    const fixture = new BundleFixture();
    try {
      fixture.changes = { version, securityCounter: 4 };
      spoil(fixture);
      cpSync(fixture.write().directory, at(`incoming/${name}`), { recursive: true });
    } finally {
      fixture.remove();
    }
  }

  async function send(command: "install" | "confirm" | "return", body: object, role: Role = "administrator") {
    const { headers } = await ask(made, { path: "/api/v1/overview", role: "monitor" });
    const own = { "if-match": headers.etag as string, "idempotency-key": freshKey() };
    return ask(made, { method: "POST", path: `/api/v1/bundles/${command}`, body, role, headers: own });
  }

  const install = (bundle: string, role?: Role) => send("install", { bundle, ...LIMITS }, role);
  const shown = async () => {
    const { body } = await ask(made, { path: "/api/v1/bundles", role: "monitor" });
    return body as { slots: SlotsShown; waiting: string[] };
  };

  async function isRefused(answer: Answer, tree: Record<string, string>, reason: RegExp): Promise<void> {
    const { code, detail } = answer.body as { code: string; detail: string };
    assert.deepEqual([answer.status, code], [409, "bundle_refused"], answer.text);
    assert.match(detail, reason);
    assert.deepEqual(treeOf(at("slots")), tree, "slots and their state are as they were");
    const entry = made.audit.read(0, 1000).entries.at(-1);
    assert.deepEqual([entry?.command, entry?.outcome, entry?.detail], ["installBundle", "refused", "bundle_refused"]);
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-bundles-"));
    writeFileSync(at("trust.json"), encodeTrust(makeTrust()));
    const folders = { slots: at("slots"), trust: at("trust.json"), waiting: at("incoming") };
    made = await makeFull({ bundles: new BundleKeeper(folders) });
  });
  beforeEach(() => {
    for (const name of ["slots", "incoming"]) mkdirSync(at(name));
    const first = new BundleFixture();
    fairlead("provision", first.write().directory);
    first.remove();
  });
  afterEach(() => {
    for (const name of ["slots", "incoming"]) rmSync(at(name), { recursive: true });
  });
  after(async () => {
    await made.close();
    rmSync(folder, { recursive: true });
  });

  test("a signed one is put beside the old one, tried from the next start on, and confirmed", async () => {
    upload("next", NEW);
    assert.deepEqual((await shown()).waiting, ["next"]);
    const oldSlot = treeOf(at("slots/slot-a"));
    const installed = await install("next");
    assert.equal(installed.status, 200, installed.text);
    const { active, trial, attempts } = installed.body as SlotsShown;
    assert.deepEqual([active, trial, attempts], ["a", "pending", 0]);
    assert.deepEqual([versionIn("a"), versionIn("b")], [OLD, NEW]);
    const start = slots().start();
    assert.deepEqual([start.slot, start.trial, start.bundle.manifest.version], ["b", true, NEW]);
    assert.equal((await shown()).slots.attempts, 1);
    const confirmed = await send("confirm", {});
    assert.equal(confirmed.status, 200, confirmed.text);
    const state = confirmed.body as SlotsShown;
    assert.deepEqual([state.active, state.trial, state.securityCounter], ["b", "none", 4]);
    assert.equal((JSON.parse(fairlead("status")) as SlotsShown).active, "b");
    assert.deepEqual(treeOf(at("slots/slot-a")), oldSlot, "the one to return to was never written");
    assert.deepEqual([slots().start().slot, slots().start().trial], ["b", false]);
  });

  test("one on trial is returned from, and the old one runs from the next start on", async () => {
    upload("next", NEW);
    await install("next");
    assert.ok(slots().start().trial);
    const returned = await send("return", {});
    assert.equal(returned.status, 200, returned.text);
    const state = returned.body as SlotsShown;
    assert.deepEqual([state.active, state.trial, state.returned], ["a", "none", "OPERATOR"]);
    assert.deepEqual([slots().start().slot, slots().start().trial], ["a", false]);
  });

  for (const { what, spoil, reason } of [
    { what: "without a signature", spoil: (fixture: BundleFixture) => (fixture.signers = []), reason: /sign/i },
    {
      what: "signed by nobody who is trusted",
      spoil: (fixture: BundleFixture) => (fixture.signers = [STRANGER]),
      reason: /trust/,
    },
    {
      what: "signed by one where two are wanted",
      spoil: (fixture: BundleFixture) => (fixture.signers = [KEY_ONE]),
      reason: /2|two/,
    },
    {
      what: "with a lower security counter than is kept",
      spoil: (fixture: BundleFixture) => (fixture.changes = { version: NEW, securityCounter: 2 }),
      reason: /counter/,
    },
  ]) {
    test(`one ${what} is refused, and the slots are as they were`, async () => {
      upload("bad", NEW, spoil);
      const tree = treeOf(at("slots"));
      await isRefused(await install("bad"), tree, reason);
      const { active, trial } = (await shown()).slots;
      assert.deepEqual([active, trial, slots().start().bundle.manifest.version], ["a", "none", OLD]);
    });
  }

  test("one that was changed after it was signed is refused, also where it is on trial already", async () => {
    upload("next", NEW);
    const tree = treeOf(at("slots"));
    writeFileSync(at("incoming/next/build/fairlead.h"), "/* another */\n");
    await isRefused(await install("next"), tree, /fairlead\.h/);
    upload("good", NEW);
    await install("good");
    const onTrial = treeOf(at("slots"));
    await isRefused(await install("good"), onTrial, /trial is under way/);
  });

  test("what doesn't wait is missing, a path is no name, and an operator may not install", async () => {
    upload("next", NEW);
    const tree = treeOf(at("slots"));
    const answers = [await install("another"), await install("../incoming/next"), await install("next", "operator")];
    const codes = answers.map(({ status, body }) => [status, (body as { code: string }).code]);
    assert.deepEqual(codes, [
      [404, "no_bundle"],
      [400, "not_as_described"],
      [403, "role_too_low"],
    ]);
    assert.equal((await send("confirm", {})).status, 409, "nothing is on trial");
    assert.deepEqual(treeOf(at("slots")), tree);
  });
});
