/** What an array file's status messages need, beyond its schema; and what their interval means for health. */

import type { Path } from "../../array/checked-yaml.js";
import type { ArrayDescription } from "../../array/description.js";
import { quantity } from "../../array/units.js";
import { parseEndpoint } from "../endpoint.js";
import { LINK_MAX } from "../transport.js";
import { controllerId } from "./identity.js";
import { controllersMax, fitsMessage, partsMax, type StatusContents } from "./limits.js";
import { CONTROLLER_MAX } from "./status.js";

type Report = (path: Path, message: string, expected: string) => void;
type Fields = Readonly<Record<string, unknown>>;

export const INTERVAL_MS = 1000;
export const FALL_COUNT = 3;
/** Looks at a member in doubt are no rarer than this, whatever the interval. */
const LOOK_MS_MAX = 100;

function timing(coordination: Fields | undefined): { intervalMs: number; fallCount: number } {
  const intervalMs = quantity(coordination?.intervalMs, "ms") ?? INTERVAL_MS;
  const { fallCount } = coordination ?? {};
  return { intervalMs, fallCount: typeof fallCount === "number" ? fallCount : FALL_COUNT };
}

/** Knobs of the health of servers and processors that follow from the interval, where the file doesn't give them. */
export function heartbeatHealth(coordination: Fields): { silenceMs: number; intervalMs: number } {
  const { intervalMs, fallCount } = timing(coordination);
  return { silenceMs: intervalMs * fallCount, intervalMs: Math.min(intervalMs, LOOK_MS_MAX) };
}

/** Reports what is wrong with the links, the size of messages, and the number of controllers for their interval. */
export function checkStatusMessages(array: ArrayDescription, report: Report): void {
  if (array.coordination === undefined || array.controllers.length < 2) return;
  checkIds(array, report);
  checkLinks(array, report);
  const { intervalMs } = timing(array.coordination);
  checkSilence(array, intervalMs, report);
  checkNumber(array, intervalMs, report);
}

/** Senders are told apart by the first four bytes of their names' digests. */
function checkIds({ controllers }: ArrayDescription, report: Report): void {
  const seen = new Map<number, string>();
  for (const [index, { name }] of controllers.entries()) {
    const id = controllerId(name);
    const other = seen.get(id);
    seen.set(id, name);
    if (other === undefined || other === name) continue;
    report(["controllers", index, "name"], `${name} has the same id in status messages as ${other}`, "another name");
  }
}

/** Link `n` of each controller reaches link `n` of the others: as many everywhere, of one family, each address once. */
function checkLinks({ controllers }: ArrayDescription, report: Report): void {
  const first = controllers.find(({ control }) => control !== undefined);
  const links = first?.control?.length ?? 0;
  const families = (first?.control ?? []).map((text) => parseEndpoint(text)?.family);
  const seen = new Map<string, string>();
  for (const [index, { name, control }] of controllers.entries()) {
    const at = ["controllers", index, "control"];
    if (control === undefined) continue;
    if (control.length !== links)
      report(at, `${control.length} links, and ${first?.name} has ${links}`, `${links} links`);
    if (control.length > LINK_MAX) report(at, `${control.length} links`, `at most ${LINK_MAX}`);
    for (const [link, text] of control.entries()) {
      const other = seen.get(text);
      seen.set(text, name);
      if (other !== undefined) report([...at, link], `${text} is an address of ${other}`, "an address of its own");
      const family = parseEndpoint(text)?.family;
      if (family === undefined || families[link] === undefined || family === families[link]) continue;
      report(
        [...at, link],
        `IPv${family}, and link ${link} of ${first?.name} is IPv${families[link]}`,
        "one family a link",
      );
    }
  }
}

/** Who is silent for less than two intervals has perhaps lost one message. */
function checkSilence({ policy }: ArrayDescription, intervalMs: number, report: Report): void {
  for (const kind of ["server", "processor", "targetPort"]) {
    const silenceMs = policy.health[kind]?.silenceMs ?? 0;
    if (silenceMs >= 2 * intervalMs) continue;
    const message = `${silenceMs} ms, and status messages come every ${intervalMs} ms`;
    report(["policy", "health", kind, "silenceMs"], message, `at least ${2 * intervalMs} ms, or a shorter interval`);
  }
}

function checkNumber(array: ArrayDescription, intervalMs: number, report: Report): void {
  const count = array.controllers.length;
  if (count > CONTROLLER_MAX) report(["controllers"], `${count} controllers`, `at most ${CONTROLLER_MAX}`);
  const contents = array.controllers.map(({ name }) => contentsOf(array, name));
  if (!contents.every(fitsMessage)) {
    report(["controllers"], "a controller has more than a status message holds", "fewer ports, targets or interfaces");
  }
  const links = Math.max(1, ...array.controllers.map(({ control }) => control?.length ?? 1));
  const parts = Math.max(...contents.map(partsMax));
  const most = controllersMax(intervalMs, links, parts);
  if (count <= most) return;
  const each = `${links} ${links === 1 ? "link" : "links"}, ${parts} ${parts === 1 ? "datagram" : "datagrams"} a message`;
  const message = `${intervalMs} ms are too short for ${count} controllers (${each}): enough for ${most}`;
  report(["coordination", "intervalMs"], message, `at least ${leastInterval(count, links, parts)} ms`);
}

/** The shortest interval, in whole tens of milliseconds, that allows so many controllers. */
function leastInterval(count: number, links: number, parts: number): number {
  let intervalMs = 10;
  while (controllersMax(intervalMs, links, parts) < count) intervalMs += 10;
  return intervalMs;
}

/** What the messages of a controller speak of. */
export function contentsOf(array: ArrayDescription, controller: string): StatusContents {
  const own = (ports: readonly { controller: string }[] | undefined) =>
    (ports ?? []).filter((port) => port.controller === controller).length;
  return {
    controllers: array.controllers.length,
    networkPorts: own(array.networkPorts),
    interfaces: array.interfaces?.length ?? 0,
    targetPorts: own(array.ports),
    targets: array.targets.length,
    units: array.units?.length ?? 0,
    scopes: SCOPES_STORED,
  };
}

/** Both groups, the array, the transfers and the own pair. */
const SCOPES_STORED = 5;
