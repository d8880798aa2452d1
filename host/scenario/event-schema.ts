/** The JSON Schema of what happens in a scenario, and of how the world around the module behaves. */

import { NAME_SCHEMA, quantitySchema, type Schema } from "../array/schema.js";
import { SelfTest } from "../shim/generated/layout.js";
import {
  arrayReference,
  byName,
  duration,
  flag,
  initiator,
  knobs,
  object,
  oneOrMany,
  port,
  stateSchema,
  target,
} from "./schema-parts.js";

const REGISTRATION_DOES = ["apply", "ignore", "refuse", "fail", "timeout", "silent"];
const LOGOUT_DOES = ["end", "close", "ignore", "refuse", "fail", "timeout", "silent"];
const RETURN_DOES = ["listed", "same", "port", "never"];
const HOSTING_DOES = ["apply", "ignore", "refuse", "fail", "timeout", "silent"];
const RESERVE_DOES = ["grant", "refuse", "fail", "timeout", "silent"];

function behaviour(does: readonly string[], only: string): Schema {
  return object(
    {
      does: { enum: does, description: `${does[0]} if not given.` },
      after: duration("Time that it takes."),
      times: { type: "integer", minimum: 1, maximum: 1_000_000, description: "How often; always if not given." },
      only: { ...NAME_SCHEMA, description: `The ${only} that it is for; all if not given.` },
      port: { ...port, description: "Where to, for `does: port`." },
    },
    [],
    "What the world does; the latest rule that fits is followed.",
  );
}

export const world: Schema = object(
  {
    withdraw: behaviour(REGISTRATION_DOES, "target"),
    restore: behaviour(REGISTRATION_DOES, "target"),
    logout: behaviour(LOGOUT_DOES, "initiator"),
    return: behaviour(RETURN_DOES, "initiator"),
    reserve: behaviour(RESERVE_DOES, "target"),
    move: behaviour(HOSTING_DOES, "interface"),
    unhost: behaviour(HOSTING_DOES, "interface"),
    unit: behaviour(HOSTING_DOES, "unit"),
  },
  [],
  "How server, initiators and other controllers behave.",
);

const login = object(
  {
    initiator,
    target,
    port,
    pinned: flag("Never moved for balance."),
    reservation: flag("Holds SCSI persistent reservations."),
    asyncLogout: flag("The target can ask it to log out; true if not given."),
    switchingPriority: { type: "integer", minimum: 0, maximum: 65535, description: "1 first; 0: computed." },
  },
  ["initiator", "target", "port"],
  "An initiator logs in.",
);

const rates = {
  operations: quantitySchema("1/s", 0, 100_000_000, "Commands in a second."),
  bandwidth: quantitySchema("KiB/s", 0, 100_000_000, "Bytes in a second, in KiB."),
  processor: quantitySchema("us/s", 0, 64_000_000, "Processor time in a second, in microseconds."),
};
const count = (description: string): Schema => ({ type: "integer", minimum: 0, maximum: 1_000_000, description });

const load = object(
  { initiator, target, ...rates, inFlight: count("Commands under way.") },
  ["initiator", "target"],
  "From now on, what an initiator does with a target, over all its sessions to it.",
);

const portLoad = object(
  { port, ...rates, queue: count("Commands under way.") },
  ["port"],
  "From now on, what a port does besides its sessions.",
);

const counters = object(
  {
    port,
    silent: flag("No sample comes any more."),
    stuck: {
      type: "array",
      items: { enum: ["busyUs", "bytes", "operations"] },
      description: "Counters that stand still.",
    },
    reset: flag("All counters begin anew."),
    nearWrap: flag("All counters jump to shortly before 2^32."),
  },
  ["port"],
  "A fault of a port's counters; a fault not named ends.",
);

const pair = object({ target, port }, ["target", "port"], "A registration.");
const permille = (description: string): Schema => quantitySchema("permille", 0, 10_000, description);
export const actions: Schema = {
  login: oneOrMany(login),
  logout: oneOrMany(
    object(
      { initiator, target, port, returns: flag("It logs in again as it does after losing its session.") },
      ["initiator"],
      "An initiator ends its sessions, all or those named.",
    ),
  ),
  load: oneOrMany(load),
  portLoad: oneOrMany(portLoad),
  counters: oneOrMany(counters),
  link: byName({ enum: ["up", "down", "unknown"] }, "Links of ports; sessions through one that goes down end."),
  server: object(
    {
      forget: oneOrMany(pair),
      add: oneOrMany(pair),
      restart: { enum: ["nothing", "everything"], description: "What it lists after its restart." },
    },
    [],
    "The iSNS server changes registrations by itself.",
  ),
  networkLink: byName({ enum: ["up", "down", "unknown"] }, "Links of network ports."),
  serverState: byName(
    object(
      {
        up: flag("Its process runs; a dead one's addresses and exports are gone with it."),
        heard: flag("It is heard by this controller; a silent one may be alive."),
        lease: { enum: ["leased", "gone", "unknown"], description: "Whether its liveness key is there." },
        acknowledged: flag("It has stored the present epochs and reported what it holds."),
        configuration: { type: "integer", minimum: 0, description: "Revision of its configuration; 1 at the start." },
      },
      [],
      "What changes of a server.",
    ),
    "Servers, by controller.",
  ),
  place: byName({ type: "string" }, 'Addresses that are elsewhere by themselves: port by interface, "" for none.'),
  scopes: oneOrMany(
    object(
      {
        group: { enum: [0, 1] },
        pair: { ...NAME_SCHEMA, description: "One of the two controllers." },
        role: { enum: ["deciding", "shadow", "unknown"] },
        epoch: { type: "integer", minimum: 1 },
        holder: { type: "string", description: "Controller that holds the key; this one if not given." },
      },
      ["role"],
      "Role of this controller for the scope of a group or a pair.",
    ),
  ),
  request: object(
    {
      rebalance: { enum: ["0", "1", "all"], description: "Group whose interfaces are placed anew." },
      failBack: { type: "string", description: "Controller whose interfaces and units return, or `all`." },
      switchOver: { type: "string", description: "Controller whose processor is to be active, or `any`." },
    },
    [],
    "An operator's wish.",
  ),
  world: { $ref: "#/definitions/world" },
  maintenance: byName({ type: "boolean" }, "Ports, or controllers, in or out of maintenance."),
  reconfigure: object(
    { array: arrayReference, knobs, refused: flag("The module must refuse it and keep the one in force.") },
    [],
    "Another configuration.",
  ),
  restart: object(
    {
      attach: flag("The new host takes the kept memory over; true if not given."),
      down: duration("Time without a host."),
    },
    [],
    "The host process ends and starts again.",
  ),
  clock: object(
    {
      forward: duration("The host's clock jumps forward."),
      back: duration("The host's clock jumps back."),
      stop: duration("The host's clock stands still for so long."),
    },
    [],
    "The host's monotonic clock misbehaves.",
  ),
  hold: flag("The host asks for nothing to be moved."),
  swap: object(
    {
      module: { type: "string", description: "A module file beside the scenario; the same module if not given." },
      refused: flag("It must be refused, and the module in service stays."),
    },
    [],
    "Hot swap to another module on the same memory.",
  ),
  scope: object(
    {
      role: { enum: ["deciding", "shadow", "unknown"] },
      epoch: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    },
    ["role"],
    "Role and epoch for the own ports.",
  ),
  controllers: {
    type: "object",
    additionalProperties: object(
      {
        beats: flag("Its heartbeats come."),
        failing: { type: "array", items: { enum: Object.keys(SelfTest) }, description: "Self-tests that fail." },
        lease: { enum: ["unknown", "leased", "gone"], description: "Its liveness key." },
        fit: flag("It says through the lease service that it may be active."),
        reachesLeaseService: flag("It says that it reaches the lease service."),
        deafTo: { type: "array", items: { type: "string" }, description: "Controllers that it doesn't hear." },
        penalty: { type: "integer", minimum: 0, maximum: 65535, description: "Lowers its priority." },
        role: { enum: ["passive", "active", "caretaker"], description: "Role that its processor reports." },
        webServer: { enum: ["none", "restricted", "full"], description: "Web server that its processor reports." },
        restarted: flag("It started anew."),
        acknowledged: flag("It has stored the present epochs."),
        obeys: flag("What the module decides about its own processor and about scopes comes about."),
      },
      [],
      "What is so of it from now on.",
    ),
    description: "Changes to controllers by name. From the first on, all beat, are well and leased.",
  },
  keys: {
    type: "object",
    additionalProperties: object(
      {
        holder: { type: "string", description: 'Controller that holds its key; "" for nobody.' },
        epoch: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        reached: flag("The lease service is reached."),
        failsafe: flag("All peers have promised to take nothing over."),
      },
      [],
      "What is so of it from now on.",
    ),
    description:
      "What the lease service says of scopes: `array`, `group 0`, `group 1`, `pair NAME`. Those never named are not told.",
  },
  requestsUnderWay: { type: "integer", minimum: 0, description: "Management requests of the own processor." },
  remote: oneOrMany(
    object(
      { port, load: permille("Its load."), planned: permille("Load reserved there.") },
      ["port", "load"],
      "A port of another controller, as that one reports it.",
    ),
  ),
  arrival: oneOrMany(
    object(
      {
        requester: {
          type: "integer",
          minimum: 0,
          maximum: 127,
          description: "The controller that asks; 0 frees the row.",
        },
        target,
        port,
        load: permille("Load that it brings."),
        sequence: { type: "integer", minimum: 0 },
        row: { type: "integer", minimum: 0, description: "Row of arrival-input; 0 if not given." },
      },
      ["requester", "target", "port", "load"],
      "Another controller asks for room on an own port.",
    ),
  ),
  drain: flag("Whether the host takes decisions from the ring."),
  break: object(
    {
      table: { type: "string", description: "Name of a table." },
      row: { type: ["string", "integer"], minimum: 0, description: "Name or number of a row." },
      field: { type: "string", description: "Name of a field." },
      value: { type: "integer", minimum: 0, maximum: 0xffffffff },
    },
    ["table", "row", "field", "value"],
    "Memory is damaged: a field of a row is overwritten.",
  ),
  scrub: { type: "integer", minimum: 1, maximum: 0xffffffff, description: "Verify so many further rows." },
  check: stateSchema("What is so at this time."),
};
