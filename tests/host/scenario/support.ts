/** What tests of scenarios share. */

import { formatProblem } from "../../../host/array/checked-yaml.js";
import type { ScenarioCase } from "../../../host/scenario/description.js";
import { parseScenario } from "../../../host/scenario/parse.js";
import type { CaseResult } from "../../../host/scenario/result.js";
import { runCase } from "../../../host/scenario/runner.js";
import type { Recorder } from "../../../host/shim/recorder.js";
import { type Kind, moduleBytes } from "../shim/support.js";

/** The seed's array, by the name `seed`. */
export const ARRAYS = `
arrays:
  seed:
    name: seed
    profile: small
    portDefaults: {capacity: {processor: 0, sessions: 4}}
    ports: [41a, 41b]
    targets: [eui.0001, eui.0002, eui.0003]
    policy: {ports: {highWatermarkPermille: 750, lowWatermarkPermille: 500}}
`;

/** Three logins through 41a. */
export const THREE_LOGINS = `
      - at: 0s
        login:
          - {initiator: 10a, target: eui.0001, port: 41a}
          - {initiator: 10b, target: eui.0002, port: 41a}
          - {initiator: 10c, target: eui.0003, port: 41a}
`;

/** The cases of a text. @throws Error with its problems. */
export function casesOf(text: string): ScenarioCase[] {
  const { scenario, problems } = parseScenario(text, "scenario.yaml");
  if (scenario === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  return scenario.cases;
}

/** One case with the seed's array; `body` is indented by four. */
export function caseOf(body: string): ScenarioCase {
  return casesOf(`${ARRAYS}cases:\n  - name: case\n    array: seed\n${body}`)[0] as ScenarioCase;
}

export function run(entry: ScenarioCase, kind: Kind = "plain", recorder?: Recorder): CaseResult {
  return runCase(entry, { module: moduleBytes(entry.profile, kind), file: "scenario.yaml", recorder });
}

/** Kind, subject, from and to of each decision, on one line. */
export function linesOf(result: CaseResult): string[] {
  return result.decisions.map(({ kind, subject, from, to }) =>
    [kind, subject, from, to].join(" ").trim().replace(/ +/g, " "),
  );
}
