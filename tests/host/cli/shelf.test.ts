/** The shelf's agent as a process: whom it takes commands from, and that it learns of others without a new start. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { topFolder } from "../../../host/cli/exit.js";
import { LinkError } from "../../../host/coordination/commands/link.js";
import { TcpLink } from "../../../host/coordination/commands/tcp-link.js";
import { deriveKey, readKeyFile } from "../../../host/coordination/status/key-file.js";
import { freePort } from "../../free-ports.js";

const HOST = "127.0.0.1";
const folder = mkdtempSync(join(tmpdir(), "fairlead-shelf-"));
after(() => rmSync(folder, { recursive: true }));

const keyFile = join(folder, "array.key");
writeFileSync(keyFile, "5a".repeat(32), { mode: 0o600 });

/** Of the pairs a/b and, later, c/d. */
function arrayText(names: readonly string[], shelfPort: number, target = "iqn.x:u1"): string {
  const controllers = names.map((name, at) => ({
    name,
    ...(at % 2 === 0 ? { partner: names[at + 1] } : {}),
    control: [`${HOST}:${20_001 + at}`],
    command: `${HOST}:${20_101 + at}`,
  }));
  return JSON.stringify({
    name: "array-1",
    controllers,
    networkPorts: [{ name: "a0", controller: "a", device: "e0" }],
    units: [{ name: "u1", owner: "a" }],
    ports: [{ name: "p1", controller: "a" }],
    coordination: { keyFile, stateFolder: folder, etcd: { endpoints: [`${HOST}:2379`] } },
    sources: {
      shelf: {
        portal: `${HOST}:3260`,
        command: `${HOST}:${shelfPort}`,
        record: join(folder, "shelf.json"),
        units: { u1: { target, port: 10809 } },
      },
    },
  });
}

test("a signal has it read the array file again: another pair is let in, a file that is wrong changes nothing", async (t) => {
  const port = await freePort();
  const file = join(folder, "array.yaml");
  writeFileSync(file, arrayText(["a", "b"], port));
  const child = spawn(process.execPath, [join(topFolder(), "host/cli/fairlead.js"), "shelf", "--config", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  /** Resolves with what it says from here on, once it fits. */
  const says = async (pattern: RegExp, from: number) => {
    while (!pattern.test(said.slice(from))) {
      assert.equal(child.exitCode, null, said);
      await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
    }
  };
  const link = new TcpLink({
    self: "c",
    listen: undefined,
    peers: new Map([["shelf", { address: HOST, port, family: 4 }]]),
    key: deriveKey(readKeyFile(keyFile), "array-1", "command"),
    report: () => undefined,
  });
  t.after(() => link.close());
  const ask = () => link.request("shelf", { kind: "unitStates" }, 30_000);
  const again = async (text: string, pattern: RegExp) => {
    writeFileSync(file, text);
    const from = said.length;
    child.kill("SIGHUP");
    await says(pattern, from);
  };
  await says(/takes commands on /, 0);
  await assert.rejects(ask(), LinkError, "c is no controller of the array");
  await again(arrayText(["a", "b", "c", "d"], port), /shelf: takes commands of a, b, c, d\n/);
  assert.equal((await ask()).kind, "unitStates");
  await again("name: [", /array\.yaml:.*; the controllers of before stay\n/s);
  assert.equal((await ask()).kind, "unitStates");
  await again(arrayText(["a", "b"], port, "iqn.x:other"), /sources\.shelf is another one/);
  await assert.rejects(ask(), LinkError, "c has gone");
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
});
