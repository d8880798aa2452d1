// Two ports, three targets, three hosts that all come in through the first port: one of them is moved.
import { readFileSync } from "node:fs";
import { parseArray } from "../../build/js/host/array/description.js";
import { DecisionKind, DecisionKindNames, LinkState, ReasonNames } from "../../build/js/host/shim/generated/layout.js";
import { instantiate } from "../../build/js/host/shim/module.js";
import { Shim } from "../../build/js/host/shim/shim.js";

const core = instantiate(readFileSync("build/fairlead-small-plain.wasm"));
const { array } = parseArray(readFileSync("tests/arrays/two-ports.yaml", "utf8"), "two-ports.yaml");
const shim = new Shim(core, { incarnation: 1 });
const problems = shim.configure(array);
if (problems.length > 0) throw new Error(problems[0].message);
shim.start(0);

// What is observed: links, what the iSNS server lists for each target, who is logged in where.
for (const port of [0, 1]) shim.setLink(port, LinkState.UP);
for (const target of [0, 1, 2]) shim.setRegistrations(target, [0, 1]);
for (const target of [0, 1, 2]) shim.login(shim.initiator(`host${target}`), target, 0, 0);

for (let ms = 100; ms <= 6000; ms += 100) {
  shim.tick(ms, (decision) => {
    console.log(`${ms} ms: ${DecisionKindNames[decision.kind]} because ${ReasonNames[decision.reason]}`);
    // Carry it out, then observe what came of it: here the server does what it is told.
    if (decision.kind === DecisionKind.WITHDRAW_REGISTRATION) shim.setRegistrations(decision.subject, [1]);
    if (decision.kind === DecisionKind.RESTORE_REGISTRATION) shim.setRegistrations(decision.subject, [0, 1]);
    if (decision.kind !== DecisionKind.LOGOUT_SESSION) return;
    shim.logout(decision.subject);
    shim.login(shim.initiator("host0"), 0, 1, 0);
  });
}
