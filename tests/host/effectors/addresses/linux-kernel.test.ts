import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { LinuxKernel } from "../../../../host/effectors/addresses/linux-kernel.js";
import { until } from "../../sources/support.js";
import { FakeCommands } from "./fake-commands.js";

const ADDRESSES = ["192.0.2.11/24", "192.0.2.12/24", "2001:db8::11/64"];

/** No devices: their settings in /proc are those of this machine. */
async function started(t: TestContext, prepare?: (commands: FakeCommands) => void) {
  const commands = new FakeCommands();
  prepare?.(commands);
  const lines: string[] = [];
  const report = (line: string) => lines.push(line);
  const kernel = new LinuxKernel({ name: "a-1", devices: [], addresses: ADDRESSES, report });
  t.after(async () => {
    commands.clear("ip-keeps");
    commands.clear("nft-refuses");
    await kernel.close();
    commands.close();
  });
  await kernel.start();
  return { commands, kernel, lines };
}

test("the fence is in force, ended, before what an earlier process left is removed", async (t) => {
  const { commands, kernel } = await started(t, (each) => each.hold("192.0.2.12/24", "e1"));
  assert.deepEqual(await kernel.held(), []);
  assert.match(commands.fed("nft"), /chain fence \{ drop; \}/);
  assert.match(commands.fed("nft"), /set held4 \{ type ipv4_addr; elements = \{ 192\.0\.2\.11, 192\.0\.2\.12 \} \}/);
  assert.match(commands.fed("nft"), /set target6 .* elements = \{ 0x20010db8000000000000000000000011 \} \}/);
  assert.match(commands.fed("nft"), /table netdev fairlead-a_1 /);
});

test("without the fence nothing starts", async (t) => {
  const commands = new FakeCommands();
  t.after(() => commands.close());
  commands.set("nft-refuses");
  commands.hold("192.0.2.12/24", "e1");
  const kernel = new LinuxKernel({ name: "a", devices: [], addresses: ADDRESSES, report: () => undefined });
  await assert.rejects(kernel.start(), /nft: Error: No such file/);
  assert.equal(commands.fed("ip"), "");
});

test("adding is confirmed by the kernel, announced, and does no harm twice", async (t) => {
  const { commands, kernel } = await started(t);
  await kernel.add("192.0.2.11/24", "e0");
  await kernel.add("192.0.2.11/24", "e0");
  await kernel.add("2001:db8::11/64", "e1");
  assert.deepEqual(await kernel.held(), [
    { address: "192.0.2.11/24", device: "e0" },
    { address: "2001:db8::11/64", device: "e1" },
  ]);
  assert.match(
    commands.fed("ip"),
    /^address replace 2001:db8::11\/64 dev e1 nodad valid_lft forever preferred_lft 0$/m,
  );
  await until("announcements", () => commands.fed("socat").length >= 3 * 2 * 86);
  assert.match(commands.fed("socat"), /f{12}02000000000a0806/);
});

test("another configuration: fenced before it is added, the one before until it is gone, in one transaction each", async (t) => {
  const { commands, kernel } = await started(t);
  await kernel.add("192.0.2.11/24", "e0");
  const before = commands.fed("nft").length;
  const expected = kernel.expect([], ["192.0.2.12/24", "192.0.2.13/24"]);
  await Promise.all([expected, kernel.add("192.0.2.13/24", "e1")]);
  const both = commands.fed("nft").slice(before);
  assert.match(both, /add element netdev fairlead-a_1 held4 \{ 192\.0\.2\.11, 192\.0\.2\.12, 192\.0\.2\.13 \}/);
  assert.doesNotMatch(both, /chain fence/, "the end that is in force stays");
  assert.ok(
    (await kernel.held()).some(({ address }) => address === "192.0.2.11/24"),
    "it is known until it is gone",
  );
  await kernel.remove("192.0.2.11/24", "e0");
  await kernel.settle([], ["192.0.2.12/24", "192.0.2.13/24"]);
  assert.match(commands.fed("nft").slice(before + both.length), /held4 \{ 192\.0\.2\.12, 192\.0\.2\.13 \}/);
  await assert.rejects(kernel.add("192.0.2.11/24", "e0"), /none of the configured/);
});

test("what the fence is not in force for is not added", async (t) => {
  const { commands, kernel } = await started(t);
  commands.set("nft-refuses");
  await assert.rejects(kernel.expect([], [...ADDRESSES, "192.0.2.13/24"]), /nft: Error/);
  await assert.rejects(kernel.add("192.0.2.13/24", "e0"), /nft: Error/);
  await assert.rejects(kernel.expect(["no-such-device"], ADDRESSES), /no network device no-such-device/);
  assert.deepEqual(await kernel.held(), []);
});

test("removing is confirmed by the kernel, and what is not there is no error", async (t) => {
  const { commands, kernel } = await started(t);
  await kernel.add("192.0.2.11/24", "e0");
  await kernel.remove("192.0.2.11/24", "e0");
  await kernel.remove("192.0.2.11/24", "e0");
  assert.deepEqual(await kernel.held(), []);
  await kernel.add("192.0.2.11/24", "e0");
  commands.set("ip-keeps");
  await assert.rejects(kernel.remove("192.0.2.11/24", "e0"), /192\.0\.2\.11\/24 on e0/);
});

test("what the kernel doesn't have after adding is an error that says why", async (t) => {
  const { commands, kernel } = await started(t);
  await assert.rejects(kernel.add("192.0.2.11/24", "e7"), /on e7: Cannot find device "e7"/);
  commands.set("ip-forgets");
  await assert.rejects(kernel.add("192.0.2.11/24", "e0"), /the kernel doesn't have it/);
  await assert.rejects(kernel.add("192.0.2.99/24", "e0"), /none of the configured/);
});

test("an address is never on two devices", async (t) => {
  const { kernel } = await started(t);
  await kernel.add("192.0.2.11/24", "e0");
  await assert.rejects(kernel.add("192.0.2.11/24", "e1"), /on e1: it is on e0 too/);
  assert.deepEqual(await kernel.held(), [{ address: "192.0.2.11/24", device: "e0" }]);
});

test("an ip that ends fails what it was asked, and the next question starts another", async (t) => {
  const { commands, kernel } = await started(t);
  commands.set("ip-dies");
  await assert.rejects(kernel.add("192.0.2.11/24", "e0"), /ip: exit code 3/);
  await kernel.add("192.0.2.11/24", "e0");
  assert.equal((await kernel.held()).length, 1);
});

test("of several renewals that wait only the last is written, and each is confirmed by what nft lists", async (t) => {
  const { commands, kernel } = await started(t);
  const first = kernel.fenceUntil(1_795_240_193_500);
  await Promise.all([first, kernel.fenceUntil(1_795_240_194_500), kernel.fenceUntil(1_795_240_195_500)]);
  const written = commands
    .fed("nft")
    .split("\n")
    .filter((line) => line.startsWith("flush"));
  assert.equal(written.length, 2);
  await kernel.fenceUntil(0);
  assert.match(commands.fed("nft"), /; add rule netdev fairlead-a_1 fence drop$/m);
});

test("a renewal that nft refuses is an error, and the next one works again", async (t) => {
  const { commands, kernel } = await started(t);
  commands.set("nft-refuses");
  await assert.rejects(kernel.fenceUntil(1_795_240_193_500), /syntax error/);
  commands.clear("nft-refuses");
  await kernel.fenceUntil(1_795_240_193_500);
});
