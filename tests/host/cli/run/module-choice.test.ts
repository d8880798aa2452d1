import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ArrayDescription, parseArray } from "../../../../host/array/description.js";
import { DirectorySource } from "../../../../host/bundle/directory.js";
import { Slots } from "../../../../host/bundle/trial.js";
import { FolderStorage } from "../../../../host/bundle/trial-storage.js";
import { encodeTrust } from "../../../../host/bundle/trust.js";
import { modulePath, readModule, topFolder } from "../../../../host/cli/exit.js";
import { chooseModule } from "../../../../host/cli/run/module-choice.js";
import { layoutHash, layouts } from "../../../../host/shim/generated/layout.js";
import { DEMO_FILE, demoText } from "../../../../host/sources/simulated/demo.js";
import { BundleFixture, makeModule, makeTrust, STRANGER } from "../../bundle/fixture.js";

const NAME = "modules/fairlead-standard-plain.wasm";
const SECTION = `{"version":1,"profile":1,"hash":"${layoutHash}"}`;
const PAGES = layouts.standard.memoryBytes / 65536;
const demo = parseArray(demoText, DEMO_FILE).array as ArrayDescription;
const real: ArrayDescription = { ...demo, sources: { tgt: {} } };
const twoControllers: ArrayDescription = { ...real, controllers: [{ name: "a" }, { name: "b" }] };

let folder = "";
let trust = "";
const fixtures: BundleFixture[] = [];
before(() => {
  folder = mkdtempSync(join(tmpdir(), "fairlead-choice-"));
  trust = join(folder, "trust.json");
  writeFileSync(trust, encodeTrust(makeTrust()));
});
after(() => {
  rmSync(folder, { recursive: true });
  for (const fixture of fixtures) fixture.remove();
});

/** A signed bundle of one module for the standard profile; returns its directory. */
function bundle(module: Uint8Array, version = "1", signers?: BundleFixture["signers"]): string {
  const fixture = new BundleFixture();
  fixtures.push(fixture);
  fixture.files.clear();
  fixture.files.set(NAME, Buffer.from(module));
  if (signers) fixture.signers = signers;
  const parts = fixture.parts().map((part) => ({ ...part, layout: layoutHash }));
  fixture.changes = { version, parts: parts as never };
  fixture.write();
  return fixture.directory;
}

const built = () => readModule("standard", false);
const trapping = (...calls: string[]) => makeModule({ layout: SECTION, pages: PAGES, trapping: calls });

describe("the module of a run", () => {
  it("runs unsigned against the simulated array only, or by the flag", () => {
    assert.deepEqual(Buffer.from(chooseModule({}, demo, 0).bytes), built());
    assert.throws(() => chooseModule({}, real, 0), /signed bundle.*--unsigned-development-module/);
    assert.throws(() => chooseModule({ module: modulePath("standard", false) }, real, 0), /signed bundle/);
    assert.deepEqual(Buffer.from(chooseModule({ unsignedDevelopmentModule: true }, real, 0).bytes), built());
  });

  it("runs unsigned by one controller alone", () => {
    assert.throws(() => chooseModule({ unsignedDevelopmentModule: true }, twoControllers, 0), /one controller alone/);
    const signed = chooseModule({ bundle: bundle(built()), trust }, twoControllers, 0);
    assert.deepEqual(Buffer.from(signed.bytes), built());
  });

  it("comes out of a verified bundle only", () => {
    const wrong = bundle(built(), "1", [STRANGER]);
    assert.throws(() => chooseModule({ bundle: wrong, trust }, real, 0), /SIGNATURE_UNTRUSTED/);
    assert.throws(() => chooseModule({ bundle: bundle(built()) }, real, 0), /--trust is missing/);
    assert.throws(() => chooseModule({ bundle: "b", slots: "s", trust }, real, 0), /exclude each other/);
    assert.throws(() => chooseModule({ trust }, demo, 0), /--trust goes with/);
    const both = { bundle: bundle(built()), trust, unsignedDevelopmentModule: true };
    assert.throws(() => chooseModule(both, real, 0), /leave the flag out/);
    assert.throws(() => chooseModule({ bundle: bundle(built()), trust, shared: true }, real, 0), /MODULE_MISSING/);
  });

  it("is of the host's own layout", () => {
    const other = makeModule({ layout: SECTION.replace(layoutHash, "0000000000000000"), pages: PAGES });
    assert.throws(() => chooseModule({ bundle: bundle(other), trust }, real, 0), /LAYOUT_MISMATCH/);
  });
});

/** Slots with the built module in service and another bundle on trial. */
function slotsWith(name: string, onTrial: string, confirmMs = 60_000): { place: string[]; slots: Slots } {
  const directory = join(folder, name);
  mkdirSync(directory);
  const slots = new Slots(new FolderStorage(directory), makeTrust());
  slots.provision(new DirectorySource(bundle(built(), "1")));
  slots.install(new DirectorySource(onTrial), { attemptsMax: 3, confirmMs });
  return { place: ["--slots", directory, "--trust", trust], slots };
}

function run(...words: string[]) {
  const command = join(topFolder(), "host/cli/fairlead.js");
  const values = [command, "run", "--json", "--speed", "max", "--duration", "20s", ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, values, { encoding: "utf8", maxBuffer: 1 << 28 });
  const summaries = stdout.split("\n").filter((line) => line.startsWith('{"summary"'));
  return {
    status,
    stderr,
    summaries: summaries.map((line) => JSON.parse(line).summary as { ended: string; ticks: number }),
  };
}

describe("fairlead run on slots", () => {
  it("tries the new module and confirms it by itself", () => {
    const { place, slots } = slotsWith("good", bundle(built(), "2"));
    const { status, stderr, summaries } = run(...place, "--confirm-after", "5s");
    assert.deepEqual([status, summaries.map((summary) => summary.ended)], [0, ["duration"]]);
    assert.match(stderr, /version 2 from slot b, on trial/);
    assert.deepEqual([slots.state().active, slots.state().trial], ["b", "none"]);
  });

  for (const call of ["reset", "configure", "tick"]) {
    it(`goes back to the old module when the new one traps in ${call}`, () => {
      const { place, slots } = slotsWith(`trap-${call}`, bundle(trapping(call), "2"));
      const { status, stderr, summaries } = run(...place, "--confirm-after", "5s");
      assert.equal(status, 0, stderr);
      assert.match(stderr, /version 2 from slot b, on trial(.|\n)*version 1 from slot a, after a return: TRAPPED/);
      const last = summaries.at(-1);
      assert.deepEqual([last?.ended, last?.ticks], ["duration", 201]);
      assert.deepEqual([slots.state().active, slots.state().returned], ["a", "TRAPPED"]);
    });
  }

  it("goes back to the old module when nobody confirms the new one", () => {
    const { place, slots } = slotsWith("unconfirmed", bundle(built(), "2"), 1);
    const { status, stderr } = run(...place);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /on trial(.|\n)*after a return: UNCONFIRMED/);
    assert.equal(slots.state().active, "a");
  });

  it("starts nothing, and says why, when not even the old module verifies", () => {
    const { place } = slotsWith("damaged", bundle(built(), "2"));
    for (const slot of ["a", "b"]) writeFileSync(join(place[1] as string, `slot-${slot}`, NAME), "damaged");
    const { status, stderr } = run(...place);
    assert.equal(status, 2);
    assert.match(stderr, /PART_SIZE/);
  });
});
