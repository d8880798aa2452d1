/** What one controller wants the iSNS server to hold: its own portals of every target, each with a tag or NULL. */

import type { ArrayDescription } from "../../array/description.js";
import { canonicalPortal } from "../../sources/portal.js";
import type { PortalGroup } from "../../sources/isns/parse.js";
import type { TaggedPortal } from "../../sources/isns/isnsadm.js";

interface OwnPort {
  name: string;
  portal: string;
  tag: number;
}

/** Tag that takes a pair out of the listing (RFC 4171, section 6.5.5: NULL, no access through this portal). */
const TAG_NULL = 0;

/** By names, since rows are the module's business. */
export class WantedRegistrations {
  /** In the order in which the server is to list them. */
  private readonly ownPorts: readonly OwnPort[];
  private readonly configured: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly withdrawn = new Set<string>();
  readonly targets: readonly string[];

  /** @throws Error for an own port whose address is no portal; the check of the array file has said so before. */
  constructor(array: ArrayDescription, controller: string) {
    const own = array.ports.filter((port) => port.controller === controller);
    own.sort((left, right) => left.listOrder - right.listOrder);
    this.ownPorts = own.map((port) => {
      const portal = canonicalPortal(port.address);
      if (portal === undefined) throw new Error(`port ${port.name}: "${port.address}" is no portal`);
      return { name: port.name, portal, tag: port.tag };
    });
    this.configured = new Map(array.targets.map((target) => [target.name, new Set(target.ports)]));
    this.targets = array.targets.map((target) => target.name);
  }

  owns(port: string): boolean {
    return this.ownPorts.some((own) => own.name === port);
  }

  withdraw(target: string, port: string): void {
    this.withdrawn.add(pairKey(target, port));
  }

  restore(target: string, port: string): void {
    this.withdrawn.delete(pairKey(target, port));
  }

  /** All own portals of a target. Those not configured for it are there too: the server would make them up with tag 1. */
  portals(target: string): TaggedPortal[] {
    return this.ownPorts.map((own) => ({ portal: own.portal, tag: this.tag(target, own) }));
  }

  /** Whether the listing of a target has the pair as it should be: with its tag, or not at all. */
  isAsWanted(groups: readonly PortalGroup[], target: string, port: string): boolean {
    const own = this.ownPorts.find((candidate) => candidate.name === port);
    if (own === undefined) return false;
    const tags = groups.filter(
      (group) => group.name === target && group.portal === own.portal && group.tag !== TAG_NULL,
    );
    const wanted = this.tag(target, own);
    if (wanted === TAG_NULL) return tags.length === 0;
    return tags.length > 0 && tags.every((group) => group.tag === wanted);
  }

  /** Nothing of what this controller wants listed is listed: the server is new, or has forgotten all. */
  isForgotten(groups: readonly PortalGroup[]): boolean {
    const listed = listedTags(groups);
    let wanted = 0;
    for (const target of this.targets) {
      for (const own of this.ownPorts) {
        if (this.tag(target, own) === TAG_NULL) continue;
        if (listed.has(pairKey(target, own.portal))) return false;
        wanted++;
      }
    }
    return wanted > 0;
  }

  /** Targets of which an own portal is listed with another tag than its own. The module, which sees no tags, can't tell. */
  wrongTags(groups: readonly PortalGroup[]): string[] {
    const listed = listedTags(groups);
    const isWrong = (target: string, own: OwnPort) => {
      const wanted = this.tag(target, own);
      const tag = listed.get(pairKey(target, own.portal));
      return wanted !== TAG_NULL && tag !== undefined && tag !== wanted;
    };
    return this.targets.filter((target) => this.ownPorts.some((own) => isWrong(target, own)));
  }

  private tag(target: string, own: OwnPort): number {
    const configured = this.configured.get(target)?.has(own.name) === true;
    return configured && !this.withdrawn.has(pairKey(target, own.name)) ? own.tag : TAG_NULL;
  }
}

function pairKey(target: string, port: string): string {
  return `${target} ${port}`;
}

function listedTags(groups: readonly PortalGroup[]): Map<string, number> {
  const listed = groups.filter((group) => group.tag !== TAG_NULL);
  return new Map(listed.map((group) => [pairKey(group.name, group.portal), group.tag]));
}
