import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type BundleSource, DirectorySource } from "../../../host/bundle/directory.js";
import { Slots, startWithReturn, TrialWatch } from "../../../host/bundle/trial.js";
import { TrialError } from "../../../host/bundle/trial-state.js";
import { FolderStorage } from "../../../host/bundle/trial-storage.js";
import { CrashStorage, isCrash, type Survival } from "./crash-storage.js";
import { BundleFixture, makeTrust, STRANGER } from "./fixture.js";

const fixtures: BundleFixture[] = [];
after(() => {
  for (const fixture of fixtures) fixture.remove();
});

function bundle(
  version: string,
  securityCounter: number,
  spoil: (fixture: BundleFixture) => void = () => {},
): BundleSource {
  const fixture = new BundleFixture();
  fixtures.push(fixture);
  fixture.changes = { version, securityCounter };
  spoil(fixture);
  fixture.write();
  return new DirectorySource(fixture.directory);
}

const OLD = bundle("1", 3);
const NEW = bundle("2", 4);
const trust = makeTrust();

function provisioned(storage = new CrashStorage()): { storage: CrashStorage; slots: Slots } {
  const slots = new Slots(storage, trust);
  slots.provision(OLD);
  return { storage, slots };
}

const versionOf = (slots: Slots): string => slots.start().bundle.manifest.version;

describe("a trial", () => {
  it("runs the new bundle from the next start on, and confirmed it stays and raises the counter", () => {
    const { slots } = provisioned();
    assert.equal(versionOf(slots), "1");
    slots.install(NEW, { attemptsMax: 2, confirmMs: 500 });
    const start = slots.start();
    assert.deepEqual([start.bundle.manifest.version, start.trial, start.slot, start.confirmMs], ["2", true, "b", 500]);
    assert.equal(slots.state().keptSecurityCounter, 3, "an unconfirmed module can't lock the old one out");
    slots.confirm();
    assert.equal(slots.state().keptSecurityCounter, 4);
    assert.equal(versionOf(slots), "2");
    assert.throws(() => slots.install(OLD), { reason: "COUNTER_TOO_OLD" });
    assert.equal(versionOf(slots), "2");
  });

  it("returns to the old bundle when its starts are used up without a confirmation", () => {
    const { slots } = provisioned();
    slots.install(NEW, { attemptsMax: 2 });
    assert.deepEqual([versionOf(slots), versionOf(slots)], ["2", "2"]);
    const start = slots.start();
    assert.deepEqual([start.bundle.manifest.version, start.trial, start.returned], ["1", false, "ATTEMPTS"]);
    assert.equal(versionOf(slots), "1");
    assert.throws(() => slots.confirm(), TrialError);
  });

  it("returns when it is not confirmed in time, and not a moment earlier", () => {
    const { slots } = provisioned();
    slots.install(NEW, { confirmMs: 500 });
    const watch = new TrialWatch(slots, slots.start(), 10_000);
    assert.equal(watch.expired(10_499), false);
    assert.equal(watch.expired(10_500), true);
    assert.equal(watch.expired(10_501), false, "said once");
    watch.confirm();
    assert.deepEqual([versionOf(slots), slots.state().returned], ["1", "UNCONFIRMED"]);
  });

  it("doesn't return once it is confirmed", () => {
    const { slots } = provisioned();
    slots.install(NEW, { confirmMs: 500 });
    const watch = new TrialWatch(slots, slots.start(), 0);
    watch.confirm();
    watch.confirm();
    assert.deepEqual([watch.expired(1e9), watch.trapped(), versionOf(slots)], [false, false, "2"]);
  });

  it("doesn't return when the operator has confirmed it meanwhile, by another process", () => {
    const { slots, storage } = provisioned();
    slots.install(NEW, { confirmMs: 500 });
    const watch = new TrialWatch(slots, slots.start(), 0);
    new Slots(storage, trust).confirm();
    assert.equal(watch.expired(1e9), false);
    watch.confirm();
    assert.equal(versionOf(slots), "2");
  });

  it("returns when the new module traps, at its start or later", () => {
    const { slots } = provisioned();
    slots.install(NEW);
    const launched: string[] = [];
    const { start } = startWithReturn(slots, ({ bundle: { manifest } }) => {
      launched.push(manifest.version);
      if (manifest.version === "2") throw new Error("unreachable");
    });
    assert.deepEqual([launched, start.trial, slots.state().returned], [["2", "1"], false, "TRAPPED"]);
    slots.install(NEW);
    assert.equal(new TrialWatch(slots, slots.start(), 0).trapped(), true);
    assert.equal(versionOf(slots), "1");
    const broken = () => startWithReturn(slots, () => assert.fail("the active one traps too"));
    assert.throws(broken, /the active one traps too/);
  });

  it("returns when the new slot no longer verifies", () => {
    const { slots, storage } = provisioned();
    slots.install(NEW);
    storage.damage("slot-b/modules/fairlead-small-plain.wasm");
    assert.deepEqual([versionOf(slots), slots.state().returned], ["1", "REFUSED"]);
  });
});

describe("slots", () => {
  it("keep the old bundle in service when the new one is refused", () => {
    const { slots } = provisioned();
    const before = slots.state();
    const wrongKey = bundle("2", 4, (fixture) => {
      fixture.signers = [STRANGER];
    });
    assert.throws(() => slots.install(wrongKey), { reason: "SIGNATURE_UNTRUSTED" });
    assert.throws(() => slots.install(bundle("0", 2)), { reason: "COUNTER_TOO_OLD" });
    assert.throws(() => slots.install(NEW, { attemptsMax: 0 }), TrialError);
    assert.throws(() => slots.install(NEW, { confirmMs: 0 }), TrialError);
    assert.deepEqual(slots.state(), before);
    assert.equal(versionOf(slots), "1");
  });

  it("take one trial at a time, and one factory", () => {
    const { slots } = provisioned();
    assert.throws(() => slots.provision(NEW), TrialError);
    slots.install(NEW);
    assert.throws(() => slots.install(NEW), /a trial is under way/);
    assert.throws(() => slots.confirm(), /has not run yet/);
    slots.giveUp("OPERATOR");
    slots.giveUp("OPERATOR");
    assert.equal(versionOf(slots), "1");
    assert.throws(() => new Slots(new CrashStorage(), trust).start(), /provision/);
  });

  it("refuse a damaged state and a damaged active slot by name", () => {
    const { slots, storage } = provisioned();
    storage.damage("slot-a/build/fairlead.h");
    assert.throws(() => slots.start(), { reason: "PART_HASH" });
    storage.damage("state.json");
    assert.throws(() => slots.start(), /state\.json is damaged/);
  });

  it("work alike in a directory of a real file system", () => {
    const directory = mkdtempSync(join(tmpdir(), "fairlead-slots-"));
    try {
      const slots = new Slots(new FolderStorage(directory), trust);
      slots.provision(OLD);
      slots.install(NEW);
      assert.equal(versionOf(slots), "2");
      slots.confirm();
      slots.install(bundle("3", 4));
      assert.equal(versionOf(slots), "3");
      slots.giveUp("OPERATOR");
      assert.equal(versionOf(new Slots(new FolderStorage(directory), trust)), "2");
      const state = readFileSync(join(directory, "state.json"), "latin1");
      writeFileSync(join(directory, "state.json"), state.replace('"keptSecurityCounter":4', '"keptSecurityCounter":0'));
      assert.throws(() => slots.state(), /damaged/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

/** Runs steps with the power failing after `count` operations; true when it failed. */
function crashed(storage: CrashStorage, count: number, survival: Survival, steps: () => void): boolean {
  storage.setCrash(count, survival);
  try {
    steps();
  } catch (error) {
    if (!isCrash(error)) throw error;
    storage.recover();
    return true;
  }
  storage.recover();
  return false;
}

/** A real directory whose process dies after so many operations: what the kernel was told survives. */
class StoppingStorage extends FolderStorage {
  constructor(
    directory: string,
    private left: number,
  ) {
    super(directory);
  }

  private count(): void {
    if (this.left === 0) throw new Error("the process died");
    this.left -= 1;
  }

  override writeFile(name: string, bytes: Uint8Array): void {
    this.count();
    super.writeFile(name, bytes);
  }

  override makeFolder(name: string): void {
    this.count();
    super.makeFolder(name);
  }

  override rename(from: string, to: string): void {
    this.count();
    super.rename(from, to);
  }

  override remove(name: string): void {
    this.count();
    super.remove(name);
  }
}

/** Calls `check` after a crash at each operation of `steps`, in each way that the unsynced may survive. */
function atEachStep(
  prepare: (slots: Slots) => void,
  steps: (slots: Slots) => void,
  check: (slots: Slots, where: string) => void,
): void {
  for (const survival of ["synced", "all", "torn"] as const) {
    let crashes = 0;
    for (let count = 0; ; count++, crashes++) {
      const { storage, slots } = provisioned();
      prepare(slots);
      const failed = crashed(storage, count, survival, () => steps(slots));
      check(new Slots(storage, trust), `${survival}, after ${count} operations`);
      if (!failed) break;
    }
    assert.ok(crashes >= 3, `${crashes} places to fail at are too few to have tested anything`);
  }
}

/** Whether the work came to its end. */
function runs(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    assert.match(String(error), /the process died/);
    return false;
  }
}

/** Whatever happened: something verified starts, attempts are bounded, and a trial can be taken to its end. */
function canGoOn(slots: Slots, where: string): void {
  assert.ok(["1", "2"].includes(versionOf(slots)), where);
  for (let start = 0; start < 3; start++) slots.start();
  assert.equal(slots.state().trial, "none", `${where}: the trial ends by itself`);
  if (slots.state().active === "b") return;
  assert.equal(versionOf(slots), "1", where);
  slots.install(NEW);
  assert.equal(versionOf(slots), "2", where);
  slots.confirm();
  assert.equal(versionOf(slots), "2", where);
}

describe("a power failure between any two writes", () => {
  it("of the first provisioning leaves nothing or all of it", () => {
    for (const survival of ["synced", "all", "torn"] as const) {
      for (let count = 0, failed = true; failed; count++) {
        const storage = new CrashStorage();
        failed = crashed(storage, count, survival, () => new Slots(storage, trust).provision(OLD));
        const slots = new Slots(storage, trust);
        try {
          slots.provision(OLD);
        } catch (error) {
          assert.match(String(error), /provisioned already/, `${survival} ${count}`);
        }
        assert.equal(versionOf(slots), "1");
      }
    }
  });

  it("of an installation leaves the old bundle in service, or the new one on trial", () => {
    atEachStep(
      () => {},
      (slots) => slots.install(NEW, { attemptsMax: 2 }),
      (slots, where) => {
        const { trial, keptSecurityCounter, active } = slots.state();
        assert.deepEqual([keptSecurityCounter, active], [3, "a"], where);
        if (trial === "none") assert.equal(versionOf(slots), "1", where);
        canGoOn(slots, where);
      },
    );
  });

  it("of a start never starts the new bundle uncounted", () => {
    atEachStep(
      (slots) => slots.install(NEW, { attemptsMax: 2 }),
      (slots) => {
        slots.start();
        slots.start();
        slots.start();
      },
      (slots, where) => {
        const counted = slots.state().attempts;
        let trials = 0;
        for (let start = 0; start < 4; start++) trials += slots.start().trial ? 1 : 0;
        assert.ok(trials <= 2 - counted, `${where}: ${trials} more starts after ${counted}`);
        assert.equal(versionOf(slots), "1", where);
        canGoOn(slots, where);
      },
    );
  });

  it("of a confirmation leaves the new bundle on trial or confirmed, with its counter", () => {
    atEachStep(
      (slots) => {
        slots.install(NEW, { attemptsMax: 3 });
        slots.start();
      },
      (slots) => slots.confirm(),
      (slots, where) => {
        const { trial, active, keptSecurityCounter } = slots.state();
        const seen = `${trial} ${active} ${keptSecurityCounter}`;
        assert.ok(["pending a 3", "none b 4"].includes(seen), `${where}: ${seen}`);
        assert.equal(versionOf(slots), "2", where);
      },
    );
  });

  it("of a process alone, on a real file system, lets the whole story be told to its end", () => {
    let deaths = 0;
    for (let count = 0, died = true; died; count++) {
      const directory = mkdtempSync(join(tmpdir(), "fairlead-stop-"));
      try {
        const before = new Slots(new FolderStorage(directory), trust);
        before.provision(OLD);
        const stopping = new Slots(new StoppingStorage(directory, count), trust);
        died = !runs(() => {
          stopping.install(NEW, { attemptsMax: 2 });
          stopping.start();
          stopping.giveUp("TRAPPED");
          stopping.install(NEW, { attemptsMax: 2 });
        });
        if (died) deaths += 1;
        canGoOn(new Slots(new FolderStorage(directory), trust), `after ${count} operations`);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    }
    assert.ok(deaths > 20, `only ${deaths} places to die at`);
  });

  it("of a return leaves the trial under way or ended", () => {
    atEachStep(
      (slots) => {
        slots.install(NEW, { attemptsMax: 2 });
        slots.start();
      },
      (slots) => slots.giveUp("TRAPPED"),
      (slots, where) => canGoOn(slots, where),
    );
  });
});
