/** Tracked links and scripts: real programs are run, and what becomes of them is waited for. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, type TestContext, test } from "node:test";
import type { TrackedScriptDescription } from "../../../host/array/description.js";
import { LinkState } from "../../../host/shim/generated/layout.js";
import { TrackedInputs } from "../../../host/sources/tracked/inputs.js";
import { TrackedScript } from "../../../host/sources/tracked/script.js";
import { until } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "fairlead-tracked-"));
after(() => rmSync(folder, { recursive: true }));

let programs = 0;

/** A program of its own for each test. */
function program(text: string, mode = 0o700): string {
  const path = join(folder, `program-${programs++}`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

function scriptOf(path: string, more: Partial<TrackedScriptDescription> = {}): TrackedScriptDescription {
  return {
    name: "s",
    program: path,
    arguments: [],
    intervalMs: 100,
    timeoutMs: 100_000,
    riseCount: 1,
    fallCount: 1,
    weight: 10,
    ...more,
  };
}

/** Runs it until the test's end. @returns it, and its states in order */
function run(t: TestContext, script: TrackedScriptDescription): { tracked: TrackedScript; states: string[] } {
  const states: string[] = [];
  const tracked: TrackedScript = new TrackedScript(script, () => states.push(tracked.state));
  t.after(() => tracked.close());
  tracked.start();
  return { tracked, states };
}

/** Lines of a file that programs write one a run. */
function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

/** Gone, or ended and not yet waited for by whoever inherited it. */
function isGone(processId: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${processId}/stat`, "utf8"));
  } catch {
    return true;
  }
}

describe("a tracked script", () => {
  test("is up as long as it ends with exit code 0, and says how it ended", async (t) => {
    const flag = join(folder, "flag");
    writeFileSync(flag, "");
    const { tracked, states } = run(t, scriptOf(program(`test -e ${flag} || exit 7`)));
    assert.equal(tracked.state, "unknown");
    await until("up", () => tracked.state === "up");
    rmSync(flag);
    await until("down", () => tracked.state === "down");
    assert.equal(tracked.detail, "exit code 7");
    writeFileSync(flag, "");
    await until("up again", () => tracked.state === "up");
    assert.deepEqual(states, ["up", "down", "up"]);
  });

  test("counts as down after fallCount failed runs in a row, and as up after riseCount good ones", async (t) => {
    // By the number of the run: good, one failed, good, then two failed, then one good, one failed, then good.
    const runs = join(folder, "runs");
    const codes = "0 1 0 1 1 0 1 0 0 0";
    const path = program(
      `echo run >> ${runs}; set -- ${codes}; n=$(wc -l < ${runs}); [ $n -gt 10 ] || eval exit \\$$n`,
    );
    const seen: string[] = [];
    const tracked: TrackedScript = new TrackedScript(scriptOf(path, { riseCount: 2, fallCount: 2 }), () =>
      seen.push(`${tracked.state} by run ${linesOf(runs).length}`),
    );
    t.after(() => tracked.close());
    tracked.start();
    await until("up at last", () => seen.length === 3);
    // The first run is taken as it is; each next one begins only after the one before was taken in.
    assert.deepEqual(seen, ["up by run 1", "down by run 5", "up by run 9"]);
  });

  test("that hangs is killed at its time-out with all that it has started, and has failed", async (t) => {
    const ids = join(folder, "hung");
    const path = program(`sleep 100000 &\necho $! >> ${ids}; echo $$ >> ${ids}; wait`);
    const { tracked } = run(t, scriptOf(path, { intervalMs: 500, timeoutMs: 500 }));
    await until("a whole run", () => tracked.state === "down" && linesOf(ids).length >= 2);
    assert.equal(tracked.detail, "no end within 500 ms: killed");
    const started = linesOf(ids).slice(0, 2).map(Number);
    await until("both are gone", () => started.every(isGone));
  });

  test("is never run twice at one time", async (t) => {
    const inside = join(folder, "inside");
    const runs = join(folder, "twice");
    // Each run takes longer than the interval.
    const path = program(`mkdir ${inside} || exit 9\necho run >> ${runs}\nsleep 0.25\nrmdir ${inside}`);
    const { tracked, states } = run(t, scriptOf(path));
    await until("four runs", () => linesOf(runs).length === 4);
    assert.deepEqual(states, ["up"]);
    assert.equal(tracked.detail, "exit code 0");
  });

  test("gets its arguments as they are, no shell in between, and little of this process's environment", async (t) => {
    const out = join(folder, "out");
    process.env.TRACKED_TEST_SECRET = "secret";
    t.after(() => delete process.env.TRACKED_TEST_SECRET);
    const path = program(`pwd > ${out}; printf '%s|' "$@" >> ${out}; echo >> ${out}; env | sort >> ${out}`);
    const { tracked } = run(t, scriptOf(path, { arguments: ["a b", "$(id)", "*", ""], intervalMs: 3_600_000 }));
    await until("up", () => tracked.state === "up");
    const [where, words, ...environment] = linesOf(out);
    assert.equal(where, "/");
    assert.equal(words, "a b|$(id)|*||");
    // PWD is the shell's own.
    assert.deepEqual(
      environment.filter((line) => !line.startsWith("PWD=")),
      ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC"],
    );
  });

  for (const [what, path, detail] of [
    ["that isn't there", () => join(folder, "nothing"), "can't be run: ENOENT"],
    ["that may not be run", () => program("exit 0", 0o600), "can't be run: EACCES"],
    ["that others may write", () => program("exit 0", 0o722), "not run: others may write it (chmod go-w)"],
    ["that is a folder", () => folder, "not run: it is no file"],
    [
      "in a folder that others may write",
      () => {
        const shared = join(folder, "shared");
        mkdirSync(shared);
        chmodSync(shared, 0o777);
        writeFileSync(join(shared, "program"), "#!/bin/sh\n", { mode: 0o700 });
        return join(shared, "program");
      },
      "not run: others may write its folder",
    ],
  ] as const) {
    test(`${what} is down, and says why`, async (t) => {
      const { tracked } = run(t, scriptOf(path()));
      await until("down", () => tracked.state === "down");
      assert.equal(tracked.detail, detail);
    });
  }

  test("is up once it is there", async (t) => {
    const path = join(folder, "late");
    const { tracked } = run(t, scriptOf(path));
    await until("down", () => tracked.state === "down");
    // Whole at once, as an installer does it.
    const made = program("exit 0");
    writeFileSync(`${path}.new`, readFileSync(made), { mode: 0o700 });
    const { renameSync } = await import("node:fs");
    renameSync(`${path}.new`, path);
    await until("up", () => tracked.state === "up");
  });

  test("leaves no run behind when it is closed", async () => {
    const ids = join(folder, "closed");
    const tracked = new TrackedScript(scriptOf(program(`echo $$ >> ${ids}; exec sleep 100000`)), () => {});
    tracked.start();
    await until("it runs", () => linesOf(ids).length === 1);
    await tracked.close();
    assert.ok(isGone(Number(linesOf(ids)[0])));
    assert.equal(tracked.state, "unknown");
  });
});

describe("the penalty", () => {
  function inputs(links: Record<string, number>, scripts: TrackedScriptDescription[] = []) {
    const reports: string[] = [];
    const state = { changes: 0 };
    const tracked = new TrackedInputs(
      {
        links: [
          { device: "m0", weight: 20 },
          { device: "m1", weight: 65535 },
        ],
        scripts,
      },
      {
        linkState: (device) => links[device] ?? LinkState.UNKNOWN,
        changed: () => state.changes++,
        report: (line) => reports.push(line),
      },
    );
    return { tracked, reports, state };
  }

  test("is the sum of the weights of links without a carrier, at most what a status message holds", () => {
    const links: Record<string, number> = { m0: LinkState.UP, m1: LinkState.UP };
    const { tracked, reports, state } = inputs(links);
    assert.equal(tracked.penalty(), 0);
    for (const device of ["m0", "m1"]) tracked.linkChanged(device);
    links.m0 = LinkState.DOWN;
    tracked.linkChanged("m0");
    assert.equal(tracked.penalty(), 20);
    links.m1 = LinkState.DOWN;
    tracked.linkChanged("m1");
    assert.equal(tracked.penalty(), 65535);
    links.m0 = links.m1 = LinkState.UP;
    tracked.linkChanged("m0");
    tracked.linkChanged("m1");
    tracked.linkChanged("other");
    assert.equal(tracked.penalty(), 0);
    assert.equal(state.changes, 6);
    assert.deepEqual(reports, [
      "tracked link m0 is down: no carrier; it lowers the priority by 20",
      "tracked link m1 is down: no carrier; it lowers the priority by 65535",
      "tracked link m0 is up: has its carrier",
      "tracked link m1 is up: has its carrier",
    ]);
  });

  test("counts what was not looked at yet as down", () => {
    const { tracked } = inputs({ m1: LinkState.UP });
    assert.equal(tracked.penalty(), 20);
    assert.deepEqual(
      tracked.facts().map(({ name, state }) => [name, state]),
      [
        ["m0", "unknown"],
        ["m1", "up"],
      ],
    );
  });

  test("follows scripts, and says of them what is no secret", async (t) => {
    const path = program("echo SECRET; echo SECRET >&2; exit 3");
    const scripts = [scriptOf(path, { name: "gateway", arguments: ["--password", "SECRET"], weight: 5 })];
    const { tracked, reports, state } = inputs({ m0: LinkState.UP, m1: LinkState.UP }, scripts);
    t.after(() => tracked.close());
    assert.equal(tracked.penalty(), 5);
    tracked.attach();
    await until("a change", () => state.changes === 1);
    assert.equal(tracked.penalty(), 5);
    assert.deepEqual(reports, ["tracked script gateway is down: exit code 3; it lowers the priority by 5"]);
    assert.deepEqual(tracked.facts().at(-1), {
      kind: "script",
      name: "gateway",
      weight: 5,
      state: "down",
      detail: "exit code 3",
    });
  });
});
