/** Stages members, network ports, eligible sets, interfaces and units. */

import type { ArrayDescription, ControllerDescription, NetworkPortDescription } from "../array/description.js";
import { eligibleKey, partnersOf } from "../array/interfaces.js";
import { InterfaceFlag, layouts, MemberFlag, type Views } from "./generated/layout.js";
import type { IdBook } from "./id-book.js";
import { NONE } from "./names.js";
import { byId, type Staged, type StagingMemory } from "./staging.js";

/** What a controller has that says nothing of it (`build/knobs.md`). */
const PRIORITY = 100;
const CARRIED_MAX = 65535;
/** Group of a server whose group follows from the pairs. */
const DERIVED = 2;

/**
 * Each controller runs a server and a processor of its id. @returns the controllers in the order of their staged rows;
 * the processors of those beyond the profile's are left out.
 */
export function stageMembers(core: StagingMemory, array: ArrayDescription, book: IdBook): string[] {
  const limits = layouts[core.profile].limits;
  const processors = limits.PROCESSOR_MAX ?? 0;
  const controllers = byId(array.controllers, book.assign("controllers", array.controllers));
  const places = new Map(controllers.map(({ thing }, place) => [thing.name, place]));
  const partners = partnersOf(array.controllers);
  for (const [place, { thing, id }] of controllers.entries()) {
    const partner = places.get(partners.get(thing.name) ?? "");
    stageMember(core.views, processors + place, thing, id, place);
    core.views.memberConfigStaged.setPartner(processors + place, partner === undefined ? NONE : processors + partner);
    if (place < processors) stageMember(core.views, place, thing, id, place);
  }
  core.views.commonPolicyStaged.setServerCount(0, controllers.length);
  core.views.commonPolicyStaged.setProcessorCount(0, Math.min(controllers.length, processors));
  return controllers.map(({ thing }) => thing.name);
}

function stageMember(views: Views, row: number, thing: ControllerDescription, id: number, place: number): void {
  const staged = views.memberConfigStaged;
  const maintenance = thing.maintenance === true ? MemberFlag.MAINTENANCE : 0;
  staged.setId(row, id);
  staged.setFlags(row, maintenance | (thing.preferred === true ? MemberFlag.PREFERRED : 0));
  staged.setPriority(row, thing.priority ?? PRIORITY);
  staged.setPartner(row, NONE);
  staged.setFailureDomain(row, thing.failureDomain ?? 0);
  staged.setGroup(row, thing.group ?? DERIVED);
  staged.setController(row, place);
  staged.setCarriedMax(row, CARRIED_MAX);
}

/** Network ports, eligible sets, interfaces and units; `controllers` in the order of their staged rows. */
export function stageInterfaces(
  core: StagingMemory,
  array: ArrayDescription,
  book: IdBook,
  controllers: readonly string[],
): Pick<Staged, "networkPorts" | "interfaces" | "units"> {
  const { views } = core;
  const firstServer = layouts[core.profile].limits.PROCESSOR_MAX ?? 0;
  const servers = new Map(controllers.map((name, place) => [name, firstServer + place]));
  const described = array.networkPorts ?? [];
  const ports = byId(described, book.assign("networkPorts", described));
  const domains = new Map([...new Set(described.map(({ domain }) => domain))].map((domain, index) => [domain, index]));
  const staged = views.networkPortConfigStaged;
  for (const [row, { thing, id }] of ports.entries()) {
    staged.setId(row, id);
    staged.setServer(row, servers.get(thing.controller) ?? NONE);
    staged.setDomain(row, domains.get(thing.domain) ?? 0);
    staged.setRank(row, thing.rank);
    staged.setSpeed(row, thing.speed);
  }
  const interfaces = stageAddresses(
    core,
    array,
    book,
    ports.map(({ thing }) => thing),
  );
  const units = byId(array.units ?? [], book.assign("units", array.units ?? []));
  for (const [row, { thing, id }] of units.entries()) {
    views.unitConfigStaged.setId(row, id);
    views.unitConfigStaged.setOwner(row, servers.get(thing.owner) ?? NONE);
  }
  views.commonPolicyStaged.setNetworkPortCount(0, ports.length);
  views.commonPolicyStaged.setUnitCount(0, units.length);
  return {
    networkPorts: ports.map(({ thing }) => thing.name),
    interfaces,
    units: units.map(({ thing }) => thing.name),
  };
}

/** Interfaces, and the eligible sets that they share. */
function stageAddresses(
  core: StagingMemory,
  array: ArrayDescription,
  book: IdBook,
  ports: readonly NetworkPortDescription[],
): string[] {
  const rows = new Map(ports.map((port, row) => [port.name, row]));
  const sets = new EligibleSets(core, ports);
  const described = array.interfaces ?? [];
  const interfaces = byId(described, book.assign("interfaces", described));
  const staged = core.views.interfaceConfigStaged;
  for (const [row, { thing, id }] of interfaces.entries()) {
    const home = rows.get(thing.home) ?? NONE;
    staged.setId(row, id);
    staged.setFlags(row, thing.failBack ? 0 : InterfaceFlag.NO_FAIL_BACK);
    staged.setHome(row, home);
    staged.setEligibleSet(row, sets.rowOf(thing.eligible, ports[home]?.domain ?? ""));
  }
  core.views.commonPolicyStaged.setInterfaceCount(0, interfaces.length);
  core.views.commonPolicyStaged.setEligibleSetCount(0, sets.count);
  return interfaces.map(({ thing }) => thing.name);
}

/** Eligible sets by what is in them: interfaces with the same ports share one. */
class EligibleSets {
  private readonly sets = new Map<string, number>();
  private readonly words: number;

  constructor(
    private readonly core: StagingMemory,
    private readonly ports: readonly NetworkPortDescription[],
  ) {
    this.words = layouts[core.profile].limits.NETWORK_PORT_WORDS ?? 1;
  }

  get count(): number {
    return this.sets.size;
  }

  /** Row of the set of these ports, or of all of the domain. */
  rowOf(eligible: readonly string[] | undefined, domain: string): number {
    const key = eligibleKey(eligible, domain);
    const known = this.sets.get(key);
    if (known !== undefined) return known;
    const row = this.sets.size;
    this.sets.set(key, row);
    const bitmap = this.core.views.eligibleSetConfigStaged;
    const names = new Set(eligible);
    for (const [port, { name, domain: its }] of this.ports.entries()) {
      if (eligible === undefined ? its !== domain : !names.has(name)) continue;
      const word = row * this.words + (port >> 5);
      bitmap.setPorts(word, bitmap.ports(word) | (1 << (port & 31)));
    }
    return row;
  }
}
