/**
 * A process with the effectors of one controller and nothing else, told by JSON lines on its input what to do, to try them
 * by hand: `node driver.js PLAN`. Each line is answered by a line.
 */

import { createInterface } from "node:readline";
import { LinuxKernel } from "../../../host/effectors/addresses/linux-kernel.js";
import { UnitExporter } from "../../../host/effectors/units/exporter.js";
import { UnitForwarding } from "../../../host/effectors/units/forwarding.js";
import { backplane, CONTROLLERS, INTERFACES, ISCSI_PORT, SHELF_NUMBER, UNITS } from "./plan.js";

/** What it can be told; `renew` goes on by itself, at a tenth of the time, until it comes too late. */
export type DriverOrder =
  | { do: "add" | "remove"; address: string; device: string }
  | { do: "renew" | "late"; ms: number }
  | { do: "serve"; unit: string; initiator: string }
  | { do: "stop"; unit: string }
  | { do: "route"; servers: Record<string, string> };

const RENEWALS = 10;
/** Of the time that a renewal holds: so much after its end the next one isn't made any more. */
const LATE_SHARE = 1 / 3;

const name = process.argv[2] ?? "";
const controller = CONTROLLERS.find((each) => each.name === name);
if (controller === undefined) throw new Error(`no controller ${name}`);
const report = (line: string) => process.stderr.write(`${name}: ${line}\n`);
const four = INTERFACES.filter(({ address }) => !address.includes(":"));
const six = INTERFACES.filter(({ address }) => address.includes(":"));
const addresses = INTERFACES.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
const kernel = new LinuxKernel({ name, devices: controller.devices, addresses, report });
const portal = `${backplane(SHELF_NUMBER).ipv4}:${ISCSI_PORT}`;
const exporter = new UnitExporter({ portal, units: UNITS, timeoutMs: 5000, report });
const forwarding = new UnitForwarding({
  name,
  addresses4: four.map(({ address }) => address),
  addresses6: six.map(({ address }) => address),
  ports: new Map(UNITS.map((unit) => [unit.name, unit.port])),
  controllers: new Map(CONTROLLERS.map((each) => [each.name, backplane(each.number)])),
});

function say(fields: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

async function renew(ms: number): Promise<void> {
  const endMs = Date.now() + ms;
  // Said before the kernel has it: who is paused in between has been heard of the latest end that can be in force.
  say({ latestEndMs: endMs });
  await kernel.fenceUntil(endMs);
  say({ endMs });
  setTimeout(() => {
    // Who was paused has lost its lease and renews nothing. A machine that stands still for a moment is no pause.
    if (Date.now() < endMs + ms * LATE_SHARE) void renew(ms);
  }, ms / RENEWALS);
}

function act(order: DriverOrder): Promise<void> {
  switch (order.do) {
    case "add":
      return kernel.add(order.address, order.device);
    case "remove":
      return kernel.remove(order.address, order.device);
    case "renew":
      return renew(order.ms);
    case "late":
      return kernel.fenceUntil(Date.now() - order.ms);
    case "serve":
      return exporter.start(order.unit, order.initiator);
    case "stop":
      return exporter.stop(order.unit);
    case "route":
      return forwarding.route(new Map(Object.entries(order.servers)));
  }
}

await kernel.start();
await forwarding.start(controller.devices);
say({ did: "started" });
createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line) as DriverOrder;
  act(order).then(
    () => say({ did: order.do }),
    (error: unknown) => say({ did: order.do, why: (error as Error).message }),
  );
});
