/** A controller opened for real, where it needs no kernel and no etcd: what is refused, and what is left over then. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type OpenOptions, openController } from "../../../host/coordination/open-controller.js";
import { KeyFileError } from "../../../host/coordination/status/key-file.js";
import { Shim } from "../../../host/shim/shim.js";
import { arrayOf, newCore } from "../shim/support.js";

const folder = mkdtempSync(join(tmpdir(), "fairlead-open-"));
after(() => rmSync(folder, { recursive: true }));
const SECRET = "ab".repeat(32);

function keyFile(name: string, mode: number): string {
  const file = join(folder, name);
  writeFileSync(file, `${SECRET}\n`);
  chmodSync(file, mode);
  return file;
}

/** An array of one controller without ports of its own. */
function one(state: string, more = "", controller = "{name: a}"): ReturnType<typeof arrayOf> {
  const coordination = `{stateFolder: ${JSON.stringify(join(folder, state))}${more}}`;
  return arrayOf(
    `name: one\nprofile: small\ncontrollers: [${controller}]\nports: [p]\ncoordination: ${coordination}\n`,
  );
}

function options(lines: string[] = []): OpenOptions {
  return { controller: "a", report: (line) => void lines.push(line), wake: () => undefined };
}

/** A loopback address of this process alone, at a port that the kernel gives out to nobody. */
const HERE = `127.${100 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const PORT = 61_017;
const LISTENING = `{name: a, command: "${HERE}:${PORT}", control: ["${HERE}:${PORT}"]}`;

/** Listens where a controller's commands go. @throws where somebody else does */
async function taken(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(PORT, HERE, resolve);
  });
  return server;
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}

/** Whether datagrams for the controller's address can be taken. */
async function bindsDatagrams(): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(PORT, HERE, resolve);
  });
  await new Promise<void>((resolve) => socket.close(resolve));
}

test("an array without the section is refused", async () => {
  await assert.rejects(openController(arrayOf("name: none\nports: [p]\n"), options()), /no section `coordination`/);
});

test("a key file that others may read is refused by its name, before anything is written or bound", async () => {
  const server = await taken();
  try {
    for (const mode of [0o640, 0o604, 0o660]) {
      const file = keyFile("open", mode);
      // The command address is taken: binding it would be another refusal.
      const array = one("refused", `, keyFile: ${file}`, LISTENING);
      await assert.rejects(openController(array, options()), (error: Error) => {
        assert.ok(error instanceof KeyFileError);
        assert.ok(error.message.startsWith(`${file}: mode 0${mode.toString(8)}`), error.message);
        assert.ok(!error.message.includes(SECRET));
        return true;
      });
    }
    assert.equal(existsSync(join(folder, "refused")), false);
  } finally {
    await closed(server);
  }
});

test("a key file that isn't there is refused", async () => {
  const file = join(folder, "no-such-key");
  await assert.rejects(openController(one("none", `, keyFile: ${file}`), options()), (error: Error) => {
    assert.ok(error instanceof KeyFileError);
    assert.equal(error.message, `${file}: can't be read: ENOENT`);
    return true;
  });
});

test("a password or a private key of etcd that others may read is refused as well", async () => {
  const key = keyFile("good", 0o600);
  const [open, authority] = [keyFile("password", 0o644), keyFile("authority", 0o644)];
  const user = `user: fairlead, passwordFile: ${open}`;
  for (const secret of [user, `certificate: ${authority}, key: ${open}`]) {
    const etcd = `, etcd: {endpoints: ["127.0.0.1:1"], ca: ${authority}, ${secret}}`;
    await assert.rejects(
      openController(one("etcd", `, keyFile: ${key}${etcd}`, LISTENING), options()),
      (error: Error) => {
        assert.ok(error instanceof KeyFileError, error.message);
        assert.ok(error.message.startsWith(`${open}: mode 0644`), error.message);
        return true;
      },
    );
    // It was refused after the sockets had been opened: they are closed.
    await closed(await taken());
    await bindsDatagrams();
  }
});

test("an address that is taken is refused, and nothing of this controller stays open", async () => {
  const server = await taken();
  const array = one("address", "", LISTENING);
  await assert.rejects(openController(array, options()), /EADDRINUSE/);
  await closed(server);
  const opened = await openController(array, options());
  await opened.controller.close();
  await closed(await taken());
  await bindsDatagrams();
});

test("one controller without key, etcd and network ports: the lease is in-process, and no kernel is touched", async () => {
  const lines: string[] = [];
  const array = one("alone");
  const { controller, revisions, sources, effectors } = await openController(array, options(lines));
  assert.equal(revisions, undefined, "the configuration has no revisions");
  assert.equal(sources.includes(controller) && effectors.includes(controller), true);
  const shim = new Shim(newCore(), { incarnation: 1, controller: "a" });
  assert.deepEqual(shim.configure(array), []);
  shim.start(0);
  try {
    controller.attach(shim);
    const { coordinator } = controller;
    // Nothing of it waits for time, a disk or a socket.
    for (let turn = 0; turn < 100 && coordinator?.tenure.mayAct() !== true; turn++) await nextTurn();
    assert.equal(await coordinator?.campaign("group/0"), "done");
    const { deciding, epoch } = coordinator?.scope("group/0") ?? { deciding: false, epoch: 0 };
    assert.ok(deciding && epoch > 0);
    const order = { kind: "host", subject: "data0", port: "a-e0", scope: "group/0", epoch } as const;
    assert.equal(await coordinator?.order("a", order), "refused");
  } finally {
    for (const source of sources) await source.close?.();
  }
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("lease: closing")),
    [],
  );
});

test("each start counts: its boot count is kept, in a folder of its owner only", async () => {
  const array = one("boots");
  const boots: string[] = [];
  for (let start = 0; start < 2; start++) {
    const { controller } = await openController(array, options());
    boots.push(readFileSync(join(folder, "boots", "a.boot"), "utf8"));
    await controller.close();
  }
  assert.notEqual(boots[0], boots[1]);
  assert.equal(statSync(join(folder, "boots")).mode & 0o077, 0);
});
