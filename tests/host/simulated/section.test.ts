import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { simulatedSettings } from "../../../host/sources/simulated/section.js";
import { defaultSettings } from "../../../host/sources/simulated/settings.js";

/** An array file of four ports, three targets and four initiators, and its section. */
function fileWith(section: string, initiators = "initiators: ['h{1..4}']", profile = "standard"): string {
  return `name: small
profile: ${profile}
ports: ["p{1..4}"]
targets: ["t{1..3}"]
${initiators}
sources:
  simulated: ${section}
`;
}

function settingsOf(section: string) {
  const { array, problems } = parseArray(fileWith(section), "array.yaml");
  assert.deepEqual(problems, []);
  return simulatedSettings(array ?? assert.fail("no array"));
}

/** `line field: message; expected` of each problem. */
function problemsOf(section: string, initiators?: string, profile?: string): string[] {
  const { problems } = parseArray(fileWith(section, initiators, profile), "array.yaml");
  return problems.map(({ line, field, message, expected }) => `${line} ${field}: ${message}; ${expected}`);
}

describe("section sources.simulated", () => {
  it("has defaults for all that is left out", () => {
    assert.deepEqual(settingsOf("{}"), { ...defaultSettings, sessions: 12 });
  });

  it("takes every field, times and loads with their suffixes", () => {
    const settings = settingsOf(`
    seed: 9
    sessions: 8
    twoPathInitiators: 1
    placement: first
    deafInitiators: 2
    load: {meanPermille: 35%, onMs: 2s, offMs: 500, tailShape: 1.8, peakRatio: 20, blockKiB: [8], queueDepth: 16}
    cost: {commandUs: 7.5, kibUs: 0.25}
    delays: {loginMs: [10, 1s], logoutMs: 100, pollMs: 2s}
    events:
      - {kind: surge, atMs: 3s, port: p1, loadPermille: 130%, forMs: 6000}
      - {kind: server-restart, atMs: 1, downMs: 2, memory: nothing}
      - {kind: returns, atMs: 1, initiator: h2, to: nowhere}
    repeatMs: 1min`);
    assert.deepEqual(settings, {
      seed: 9,
      sessions: 8,
      twoPathInitiators: 1,
      placement: "first",
      deafInitiators: 2,
      load: { meanPermille: 350, onMs: 2000, offMs: 500, tailShape: 1.8, peakRatio: 20, blockKiB: [8], queueDepth: 16 },
      cost: { commandUs: 7.5, kibUs: 0.25 },
      delays: { ...defaultSettings.delays, loginMs: [10, 1000], logoutMs: [100, 100], pollMs: 2000 },
      events: [
        { kind: "surge", atMs: 3000, port: "p1", loadPermille: 1300, forMs: 6000 },
        { kind: "server-restart", atMs: 1, downMs: 2, memory: "nothing" },
        { kind: "returns", atMs: 1, initiator: "h2", to: "nowhere" },
      ],
      repeatMs: 60_000,
    });
  });

  it("names every field that is wrong, its line, and what would be right", () => {
    const [speed, ...none] = problemsOf("{speed: 2}");
    assert.match(speed ?? "", /^7 sources\.simulated\.speed: unknown field speed; .*seed/);
    assert.deepEqual(none, []);
    const rows: [string, RegExp][] = [
      ["{load: {meanPermille: 40 apples}}", /load\.meanPermille: .*; 0 to 10000 permille, as a number or with one of/],
      ["{load: {blockKiB: [0]}}", /load\.blockKiB\[0\]: 0 is out of range; 1 to 4096/],
      ["{load: {tailShape: 1}}", /load\.tailShape: 1 is out of range/],
      ["{delays: {loginMs: [20, 10]}}", /delays\.loginMs: 20 is longer than 10; \[shortest, longest\]/],
      ["{delays: {loginMs: [1, 2, 3]}}", /delays\.loginMs: .*; a time or \[shortest, longest\]/],
      ["{delays: {pollMs: 0}}", /delays\.pollMs: 0 is out of range/],
      ["{placement: last}", /placement: .*; one of: spread, first/],
      ["[]", /simulated: .*wrong type/],
      ["{twoPathInitiators: 5}", /twoPathInitiators: 5 of 4 initiators; at most 4/],
    ];
    for (const [section, expected] of rows) {
      const problems = problemsOf(section);
      assert.equal(problems.length, 1, `${section}: ${problems}`);
      assert.match(problems[0] ?? "", expected);
    }
  });

  it("has no more sessions than initiators can hold or the profile has rows for", () => {
    assert.deepEqual(problemsOf("{sessions: 13}"), [
      "7 sources.simulated.sessions: 13 sessions; at most 12: one for each initiator and target",
    ]);
    const [problem] = problemsOf("{sessions: 129}", "initiators: ['h{01..32}']\nportDefaults: {}", "small");
    assert.match(problem ?? "", /129 sessions; at most 96/);
    assert.match(problemsOf("{}", "initiators: []")[0] ?? "", /no initiator is described/);
  });

  it("names what is wrong in an event", () => {
    const rows: [string, RegExp][] = [
      ["{kind: link, atMs: 3s, port: p9, state: up}", /events\[0\]\.port: no port p9; one of: p1, p2, p3, p4/],
      ["{kind: link, atMs: 3s, port: p1, state: sideways}", /events\[0\]\.state: .*; one of: up, down/],
      ["{kind: forget, atMs: 3s, target: t1}", /events\[0\]\.port: field port is missing; kind forget needs it/],
      ["{kind: forget, target: t1, port: p1}", /events\[0\]\.atMs: field atMs is missing/],
      [
        "{kind: add, atMs: 1, target: t1, port: p1, forMs: 1}",
        /forMs: kind add has no field forMs; kind, atMs, target, port/,
      ],
      ["{kind: quake, atMs: 1}", /events\[0\]\.kind: .*; one of: surge, link/],
      ["{kind: returns, atMs: 1, initiator: nobody, to: same}", /initiator: no initiator nobody; one of: h1/],
    ];
    for (const [event, expected] of rows) {
      const problems = problemsOf(`{events: [${event}]}`);
      assert.equal(problems.length, 1, `${event}: ${problems}`);
      assert.match(problems[0] ?? "", expected);
    }
  });
});
