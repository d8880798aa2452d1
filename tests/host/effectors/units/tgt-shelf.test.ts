import assert from "node:assert/strict";
import { test } from "node:test";
import { TgtShelf } from "../../../../host/effectors/units/shelf/tgt-shelf.js";
import { CommandQueue, type CommandRunner } from "../../../../host/sources/command.js";
import { Tgtadm } from "../../../../host/sources/tgt/tgtadm.js";

/** A tgtd with one target, by its `tgtadm`. Connections of an initiator stay when it is expelled, as tgt's do. */
class Server {
  readonly admitted: string[] = [];
  sessions: { sid: number; initiator: string }[] = [];
  readonly log: string[] = [];
  /** Sessions close only after so many looks. */
  slow = 0;
  address = "";
  /** A login of the initiator that is being shut out comes through right after its name was taken off the list. */
  lateLogin = false;

  readonly run: CommandRunner = async (_, args) => {
    const value = (name: string) => args[args.indexOf(name) + 1] as string;
    const op = value("--op");
    if (op === "show") return this.answer(this.show());
    this.log.push(op === "delete" ? `delete ${value("--sid")}` : `${op} ${value("--initiator-name")}`);
    if (op === "bind") this.admitted.push(value("--initiator-name"));
    if (op === "unbind") {
      this.admitted.splice(this.admitted.indexOf(value("--initiator-name")), 1);
      if (this.lateLogin) this.sessions.push({ sid: 9, initiator: value("--initiator-name") });
    }
    if (op === "delete" && this.slow-- <= 0)
      this.sessions = this.sessions.filter(({ sid }) => `${sid}` !== value("--sid"));
    return this.answer("");
  };

  private answer(stdout: string) {
    return { status: 0, stdout, stderr: "", timedOut: false };
  }

  private show(): string {
    const nexuses = this.sessions.flatMap(({ sid, initiator }) => [
      `        I_T nexus: ${sid}`,
      ...(initiator === "" ? [] : [`            Initiator: ${initiator} alias: none`]),
      "            Connection: 0",
      "                IP Address: 10.0.0.1",
    ]);
    const names = [...this.admitted, ...(this.address === "" ? [] : [this.address])];
    return [
      "Target 7: iqn.x:u1",
      "    System information:",
      "        Driver: iscsi",
      "    I_T nexus information:",
      ...nexuses,
      "    LUN information:",
      "        LUN: 1",
      "    ACL information:",
      ...names.map((name) => `        ${name}`),
      "",
    ].join("\n");
  }
}

function shelfOf(server: Server, timeoutMs = 5000): TgtShelf {
  const tgtadm = new Tgtadm(new CommandQueue(server.run, 1), 1, 1000);
  return new TgtShelf(tgtadm, { targets: new Map([["u1", "iqn.x:u1"]]), timeoutMs });
}

test("the old server is out, with its connections and logins under way, before the new one is let in", async () => {
  const server = new Server();
  server.admitted.push("iqn.x:old");
  server.sessions = [
    { sid: 3, initiator: "iqn.x:old" },
    { sid: 4, initiator: "" },
  ];
  await shelfOf(server).admitOnly("u1", "iqn.x:new");
  assert.deepEqual(server.log, ["unbind iqn.x:old", "delete 3", "delete 4", "bind iqn.x:new"]);
  assert.deepEqual(server.admitted, ["iqn.x:new"]);
  assert.deepEqual(server.sessions, []);
});

test("a login that had passed the list when the old server was shut out goes before the new one is let in", async () => {
  const server = new Server();
  server.admitted.push("iqn.x:old");
  server.lateLogin = true;
  await shelfOf(server).admitOnly("u1", "iqn.x:new");
  assert.deepEqual(server.log, ["unbind iqn.x:old", "delete 9", "bind iqn.x:new"]);
  assert.deepEqual(server.sessions, []);
});

test("the present server's connections stay, and it is let in once", async () => {
  const server = new Server();
  const shelf = shelfOf(server);
  await shelf.admitOnly("u1", "iqn.x:a");
  server.sessions = [{ sid: 5, initiator: "iqn.x:a" }];
  await shelf.admitOnly("u1", "iqn.x:a");
  assert.deepEqual(server.log, ["bind iqn.x:a"]);
  await shelf.admitOnly("u1", undefined);
  assert.deepEqual(server.admitted, []);
  assert.deepEqual(server.sessions, []);
});

test("a connection that doesn't go at once is closed again; one that stays lets nobody in", async () => {
  const server = new Server();
  server.sessions = [{ sid: 3, initiator: "iqn.x:old" }];
  server.slow = 2;
  await shelfOf(server).admitOnly("u1", "iqn.x:new");
  assert.deepEqual(server.log, ["delete 3", "delete 3", "delete 3", "bind iqn.x:new"]);
  const stuck = new Server();
  stuck.sessions = [{ sid: 3, initiator: "iqn.x:old" }];
  stuck.slow = Number.POSITIVE_INFINITY;
  await assert.rejects(
    shelfOf(stuck, 50).admitOnly("u1", "iqn.x:new"),
    /unit u1: connections of other initiators stay/,
  );
  assert.deepEqual(stuck.admitted, []);
});

test("a target that lets in by address, or isn't there, is an error", async () => {
  const server = new Server();
  server.address = "ALL";
  await assert.rejects(shelfOf(server).admitOnly("u1", "iqn.x:new"), /admits by address: "ALL"/);
  await assert.rejects(shelfOf(new Server()).admitOnly("u2", "iqn.x:new"), /tgtd has no target/);
});
