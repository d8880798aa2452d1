/**
 * The claim: status of SP1 is asked for while SP1 is active; SP1 turns unhealthy; SP2 answers at the same address with
 * what SP1 has just produced, by its restricted server.
 */

import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import type { ProcessorDirectory, ProcessorRow } from "../../../host/management/processors/directory.js";
import type { PeerAddress } from "../../../host/management/processors/forwarding.js";
import type { ProcessorStatus } from "../../../host/management/processors/own.js";
import { type Authority, makeAuthority, makeCertificate } from "./certificates.js";
import {
  type Answer,
  type Asked,
  ask,
  freshKey,
  type Made,
  makeFull,
  type MadeFull,
  makeRestricted,
  tokenOf,
} from "./fixture.js";

const NAMES = ["sp1", "sp2", "sp3"] as const;
type Name = (typeof NAMES)[number];
const ADDRESS_NAME = "array.example";

/** What all processors know of the election; a test sets it. */
const election = { active: "sp1" as Name | undefined, epoch: 1, unhealthy: new Set<string>() };

function directoryOf(own: Name): ProcessorDirectory {
  return {
    own,
    names: NAMES,
    active: () => election.active,
    epoch: () => election.epoch,
    role: () => (election.active === own ? "active" : "passive"),
    state: () => (election.unhealthy.has(own) ? "unhealthy" : "healthy"),
    rows: () => NAMES.map(rowOf),
  };
}

function rowOf(name: Name): ProcessorRow {
  const ill = election.unhealthy.has(name);
  return {
    name,
    state: ill ? "unhealthy" : "healthy",
    level: ill ? "bad" : "good",
    active: election.active === name,
    server: ill ? "restricted" : "full",
    priority: 100,
    penalty: ill ? 30 : 0,
    reachable: true,
    why: "",
  };
}

/** The one address: whoever is active has it, as its kernel would. Connections of before are cut. */
class OneAddress {
  port = 0;
  private server: Server | undefined;
  private readonly open = new Set<Socket>();
  private holder = 0;

  async start(): Promise<void> {
    this.server = createServer((client) => {
      const there = connect(this.holder, "127.0.0.1");
      for (const socket of [client, there]) {
        this.open.add(socket);
        socket.on("error", () => {}).on("close", () => this.open.delete(socket));
      }
      client.pipe(there).pipe(client);
    });
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve));
    const address = this.server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }

  moveTo(port: number): void {
    this.holder = port;
    for (const socket of this.open) socket.destroy();
  }

  close(): void {
    for (const socket of this.open) socket.destroy();
    this.server?.close();
  }
}

describe("several processors", () => {
  let authority: Authority;
  const fulls = new Map<Name, MadeFull>();
  const restricteds = new Map<Name, Made>();
  const peers = new Map<Name, PeerAddress[]>(NAMES.map((name) => [name, []]));
  const address = new OneAddress();
  const at = (name: Name) => fulls.get(name) as MadeFull;
  const restrictedOf = (name: Name) => restricteds.get(name) as Made;

  before(async () => {
    authority = makeAuthority();
    for (const name of NAMES) {
      const { key, certificate } = makeCertificate(authority, name, [name, ADDRESS_NAME]);
      const tls = { key, certificate, authority: authority.certificate };
      const others = NAMES.filter((each) => each !== name).map((each) => ({
        name: each,
        servers: peers.get(each) ?? [],
      }));
      const options = { directory: directoryOf(name), tls, peers: others, hosts: [ADDRESS_NAME] };
      fulls.set(name, await makeFull(options));
      restricteds.set(name, await makeRestricted(options));
      peers
        .get(name)
        ?.push({ host: "127.0.0.1", port: at(name).port }, { host: "127.0.0.1", port: restrictedOf(name).port });
    }
    await address.start();
  });

  after(async () => {
    address.close();
    await Promise.all([...fulls.values(), ...restricteds.values()].map((made) => made.close()));
  });

  beforeEach(() => {
    election.active = "sp1";
    election.epoch++;
    election.unhealthy.clear();
    address.moveTo(at("sp1").port);
    for (const name of NAMES) {
      const servers = peers.get(name) ?? [];
      servers.splice(
        0,
        servers.length,
        { host: "127.0.0.1", port: at(name).port },
        { host: "127.0.0.1", port: restrictedOf(name).port },
      );
    }
  });

  /** Asks at the one address, as a client with the array's authority and nothing else. */
  function askArray(asked: Asked): Promise<Answer> {
    const tls = { ca: authority.certificate, servername: ADDRESS_NAME };
    const headers = { host: ADDRESS_NAME, ...asked.headers };
    return ask({ port: address.port, secure: true }, { ...asked, headers, tls });
  }

  /** What fails on the way is asked again, as the page does. */
  async function askAgain(asked: Asked): Promise<Answer> {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        return await askArray(asked);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    throw new Error("nobody answers");
  }

  function askAs(
    certificate: { key: string; certificate: string } | undefined,
    to: Made,
    asked: Asked,
  ): Promise<Answer> {
    const own = certificate && { key: certificate.key, cert: certificate.certificate };
    const tls = { ca: authority.certificate, servername: to.parts.directory.own, ...own };
    return ask(to, { ...asked, headers: { host: to.parts.directory.own, ...asked.headers }, tls });
  }

  interface StatusAnswer {
    status: ProcessorStatus;
    answeredBy: string;
    fresh: boolean;
    ageMs: number;
  }
  const statusOf = (answer: Answer): StatusAnswer => {
    assert.equal(answer.status, 200, answer.text);
    return answer.body as StatusAnswer;
  };
  const SP1: Asked = { path: "/api/v1/processors/sp1/status", role: "monitor" };

  test("the claim: the status of one that has become unhealthy is what it has itself just produced", async () => {
    // SP1 is active and answers for itself.
    const first = statusOf(await askArray(SP1));
    assert.deepEqual([first.answeredBy, first.status.processor, first.status.server], ["sp1", "sp1", "full"]);
    // SP1 becomes unhealthy: its full server ends, the restricted one stays; SP2 is active and has the address.
    const gone = peers.get("sp1") as PeerAddress[];
    gone.shift();
    election.unhealthy.add("sp1");
    election.active = "sp2";
    election.epoch++;
    address.moveTo(at("sp2").port);
    const { own } = restrictedOf("sp1");
    const before = own.sequence;
    const second = statusOf(await askAgain(SP1));
    assert.deepEqual([second.answeredBy, second.fresh], ["sp2", true]);
    assert.deepEqual(
      [second.status.processor, second.status.server, second.status.state],
      ["sp1", "restricted", "unhealthy"],
    );
    assert.deepEqual([second.status.sequence, own.sequence], [before + 1, before + 1], "SP1 was asked, once");
    assert.ok(second.status.producedAt >= first.status.producedAt);
  });

  test("a healthy passive one is asked by its full server; each for itself is answered without asking", async () => {
    const passive = at("sp3").own;
    const before = passive.sequence;
    const answer = statusOf(await askArray({ path: "/api/v1/processors/sp3/status", role: "monitor" }));
    assert.deepEqual([answer.status.processor, answer.status.server, answer.answeredBy], ["sp3", "full", "sp1"]);
    assert.equal(passive.sequence, before + 1);
  });

  test("a hung full server does not keep the answer of the restricted one from coming", async () => {
    const hung = createServer(() => {});
    await new Promise<void>((resolve) => hung.listen(0, "127.0.0.1", resolve));
    const servers = peers.get("sp2") as PeerAddress[];
    servers[0] = { host: "127.0.0.1", port: (hung.address() as { port: number }).port };
    const answer = statusOf(await askArray({ path: "/api/v1/processors/sp2/status", role: "monitor" }));
    assert.deepEqual([answer.status.server, answer.fresh], ["restricted", true]);
    hung.close();
  });

  test("one that is known to run its restricted server is asked there, whatever still listens for the full one", async () => {
    let connections = 0;
    const hung = createServer(() => void connections++);
    await new Promise<void>((resolve) => hung.listen(0, "127.0.0.1", resolve));
    const servers = peers.get("sp2") as PeerAddress[];
    servers[0] = { host: "127.0.0.1", port: (hung.address() as { port: number }).port };
    election.unhealthy.add("sp2");
    const answer = statusOf(await askArray({ path: "/api/v1/processors/sp2/status", role: "monitor" }));
    assert.deepEqual([answer.status.server, answer.fresh, connections], ["restricted", true, 0]);
    hung.close();
  });

  test("one out of reach: the last known status with its age; where nothing is known, that it is out of reach", async () => {
    statusOf(await askArray({ path: "/api/v1/processors/sp2/status", role: "monitor" }));
    const known = at("sp2").own.sequence;
    for (const name of ["sp2", "sp3"] as const) peers.get(name)?.splice(0, 2, { host: "127.0.0.1", port: 1 });
    const answer = statusOf(await askArray({ path: "/api/v1/processors/sp2/status", role: "monitor" }));
    assert.deepEqual([answer.fresh, answer.status.sequence, answer.answeredBy], [false, known, "sp1"]);
    assert.ok(answer.ageMs >= 0);
    const logs = await askArray({ path: "/api/v1/processors/sp2/logs", role: "operator" });
    assert.deepEqual([logs.status, (logs.body as { code: string }).code], [504, "out_of_reach"]);
  });

  test("a login goes on with the next active processor, and ends with all of them", async () => {
    const authorization = `Bearer ${tokenOf("monitor", "alice")}`;
    const session: Asked = { path: "/api/v1/session", headers: { authorization } };
    assert.equal((await askArray(session)).status, 200);
    election.active = "sp2";
    election.epoch++;
    address.moveTo(at("sp2").port);
    const there = await askAgain(session);
    assert.deepEqual(
      [there.status, (there.body as { session: { processor: string } }).session.processor],
      [200, "sp2"],
    );
    assert.equal((await askArray({ ...session, method: "DELETE" })).status, 200);
    for (const made of [at("sp1"), at("sp3"), restrictedOf("sp1"), restrictedOf("sp3")]) {
      assert.equal((await askAs(undefined, made, session)).status, 401, made.parts.directory.own);
    }
  });

  test("logs, self-test and restart go to the processor that is named, in the name of the user", async () => {
    const logs = await askArray({ path: "/api/v1/processors/sp2/logs?lines=1", role: "operator" });
    const { lines, processor } = logs.body as { processor: string; lines: { text: string }[] };
    assert.deepEqual([processor, lines[0]?.text], ["sp2", "sp2 was started"]);
    const { own } = at("sp3");
    const path = "/api/v1/processors/sp3/restart";
    const stale = { "idempotency-key": freshKey(), "if-match": `"start-${own.boots - 1}"` };
    assert.equal((await askArray({ method: "POST", path, role: "administrator", headers: stale })).status, 412);
    const headers = { "idempotency-key": freshKey(), "if-match": `"start-${own.boots}"` };
    assert.equal((await askArray({ method: "POST", path, role: "operator", headers })).status, 403);
    assert.equal(own.restarts, 0);
    const done = await askArray({ method: "POST", path, role: "administrator", headers });
    assert.deepEqual([done.status, own.restarts], [200, 1], done.text);
    const again = await askArray({ method: "POST", path, role: "administrator", headers });
    assert.deepEqual([again.status, again.text, own.restarts], [200, done.text, 1], "a retry restarts nothing");
    const entry = at("sp3")
      .audit.read(0, 1000)
      .entries.findLast((each) => each.command === "restartService");
    assert.deepEqual([entry?.user, entry?.outcome], ["a-administrator", "ended"]);
  });

  test("a command's key holds across processors: the next active one gives the same answer", async () => {
    const maintenance = {
      method: "PUT",
      path: "/api/v1/ports/p1/maintenance",
      role: "operator",
      body: { maintenance: true },
    } as const;
    const headers = { "idempotency-key": freshKey(), "if-match": at("sp1").array.revisionNow() };
    const first = await askArray({ ...maintenance, headers });
    assert.equal(first.status, 200, first.text);
    const untouched = at("sp2").array.revisionNow();
    election.active = "sp2";
    election.epoch++;
    address.moveTo(at("sp2").port);
    const second = await askAgain({ ...maintenance, headers });
    assert.deepEqual([second.status, second.text, second.headers["idempotency-replayed"]], [200, first.text, "true"]);
    assert.equal(at("sp2").array.revisionNow(), untouched);
    const other = await askArray({ ...maintenance, body: { maintenance: false }, headers });
    assert.deepEqual([other.status, (other.body as { code: string }).code], [422, "key_reused"]);
  });

  test("what a processor had begun when it died is carried out by the next one, though its revision is another", async () => {
    const key = freshKey();
    const maintenance = {
      method: "PUT",
      path: "/api/v1/ports/p2/maintenance",
      role: "operator",
      body: { maintenance: true },
    } as const;
    const headers = { "idempotency-key": key, "if-match": '"1.1.1"' };
    // SP3 has another revision by now, so without the fact it is refused.
    await at("sp3").array.perform({ kind: "port-maintenance", port: "p1", maintenance: true }, undefined);
    assert.notEqual(at("sp3").array.revisionNow(), '"1.1.1"');
    const { parts } = at("sp1");
    const { digestRequest } = await import("../../../host/management/access/idempotency.js");
    const request = digestRequest(maintenance.method, maintenance.path, '"1.1.1"', maintenance.body);
    const begun = parts.idempotency.begin(`a-operator ${key}`, request);
    assert.ok("fact" in begun);
    assert.equal(await parts.peers.tell(begun.fact, election.epoch), true);
    election.active = "sp3";
    election.epoch++;
    address.moveTo(at("sp3").port);
    const unknown = { ...headers, "idempotency-key": freshKey() };
    assert.equal((await askAgain({ ...maintenance, headers: unknown })).status, 412);
    assert.equal((await askAgain({ ...maintenance, headers })).status, 200);
  });

  test("an active processor whose epoch is over carries nothing out", async () => {
    const own = makeCertificate(authority, "sp2", ["sp2"]);
    const late = election.epoch;
    const fact = { kind: "command", key: "u k", request: "r", state: "begun", by: "sp2", untilMs: 1 };
    const facts = { method: "PUT", path: "/api/v1/peer/facts", body: fact };
    // SP3 has heard of a higher epoch from SP2.
    assert.equal(
      (await askAs(own, at("sp3"), { ...facts, headers: { "fairlead-epoch": String(late + 5) } })).status,
      200,
    );
    const before = at("sp1").array.revisionNow();
    const answer = await askArray({
      method: "PUT",
      path: "/api/v1/ports/p2/maintenance",
      role: "operator",
      body: { maintenance: true },
      headers: { "idempotency-key": freshKey(), "if-match": before },
    });
    assert.deepEqual([answer.status, (answer.body as { code: string }).code], [409, "stale_epoch"]);
    assert.equal(at("sp1").array.revisionNow(), before);
    election.epoch = late + 5;
  });

  test("processors are known by the array's certificates alone", async () => {
    const facts = {
      method: "PUT",
      path: "/api/v1/peer/facts",
      body: { kind: "ended-session", session: "x", untilMs: 1 },
    };
    const code = async (answer: Promise<Answer>) => {
      const { status, body } = await answer;
      return [status, (body as { code?: string }).code];
    };
    const own = makeCertificate(authority, "sp2", ["sp2"]);
    for (const made of [at("sp1"), restrictedOf("sp1")]) {
      assert.deepEqual(await code(askAs(undefined, made, facts)), [401, "not_logged_in"]);
      const stranger = makeCertificate(authority, "sp9", ["sp9"]);
      assert.deepEqual(await code(askAs(stranger, made, facts)), [401, "unknown_processor"]);
      const forged = makeCertificate(makeAuthority(authority.name), "sp2", ["sp2"]);
      assert.deepEqual(await code(askAs(forged, made, facts)), [401, "not_logged_in"]);
      assert.deepEqual(await code(askAs(own, made, facts)), [200, undefined]);
      const stale = { ...facts, headers: { "fairlead-epoch": "0" } };
      assert.equal(
        (await askAs(own, made, { ...facts, headers: { "fairlead-epoch": String(election.epoch + 9) } })).status,
        200,
      );
      assert.deepEqual(await code(askAs(own, made, stale)), [409, "stale_epoch"]);
      const malformed = { path: "/api/v1/processors/sp1/status", headers: { "fairlead-on-behalf-of": "root king" } };
      assert.deepEqual(await code(askAs(own, made, malformed)), [400, "bad_behalf"]);
      const onward = { path: "/api/v1/processors/sp3/status", headers: { "fairlead-on-behalf-of": "alice monitor" } };
      assert.deepEqual(
        await code(askAs(own, made, onward)),
        [421, "not_active"],
        "what was forwarded is not forwarded on",
      );
    }
    election.epoch += 9;
  });
});
