/** Who holds which scope, under which epoch, and whose lease is there: by the module's inputs, so in a replay as well. */

import {
  LeaseStatusNames,
  layouts,
  ScopeFlag,
  ScopeKind,
  ScopeRole,
  SubjectKind,
} from "../../shim/generated/layout.js";
import { NONE } from "../../shim/names.js";
import type { Shim } from "../../shim/shim.js";
import type { HostedTables } from "./hosted.js";
import type { ModuleEvent } from "./records.js";

const TWO_TO_32 = 2 ** 32;

/** A scope that is decided under a lease. */
export interface ScopeRecord {
  scope: string;
  role: "deciding" | "shadow";
  /** Name of the controller that holds it. */
  holder: string | null;
  epoch: number;
  /** The lease service is out of reach, and all others have promised to take nothing over. */
  failsafe: boolean;
  reachable: boolean;
}

export interface LeaseRecord {
  controller: string;
  lease: "leased" | "gone" | "unknown";
}

/** All scopes that were told of in this incarnation, but the own ports'. */
export function scopesOf(shim: HostedTables): ScopeRecord[] {
  const { scope } = shim.core.views;
  const records: ScopeRecord[] = [];
  for (let row = 0; row < scope.capacity; row++) {
    if (scope.kind(row) === ScopeKind.NONE || scope.kind(row) === ScopeKind.PORTS) continue;
    if (scope.incarnation(row) !== shim.incarnation) continue;
    const holder = scope.holder(row);
    records.push({
      scope: shim.names.subject(SubjectKind.SCOPE, row),
      role: scope.role(row) === ScopeRole.DECIDING ? "deciding" : "shadow",
      holder: holder === NONE ? null : shim.names.members.name(holder),
      epoch: scope.epochHigh(row) * TWO_TO_32 + scope.epochLow(row),
      failsafe: (scope.flags(row) & ScopeFlag.FAILSAFE) !== 0,
      reachable: (scope.flags(row) & ScopeFlag.UNREACHABLE) === 0,
    });
  }
  return records;
}

/** Each controller's liveness key. */
export function leasesOf(shim: HostedTables): LeaseRecord[] {
  const { memberInput } = shim.core.views;
  const firstServer = layouts[shim.core.profile].limits.MEMBER_SERVERS ?? 0;
  const records: LeaseRecord[] = [];
  for (const row of shim.names.members.rows()) {
    if (row < firstServer || memberInput.incarnation(row) !== shim.incarnation) continue;
    const lease = (LeaseStatusNames[memberInput.lease(row)] ?? "UNKNOWN").toLowerCase() as LeaseRecord["lease"];
    records.push({ controller: shim.names.members.name(row), lease });
  }
  return records;
}

/** Tells of changes from tick to tick. */
export class WatchScopes {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly shim: Shim,
    private readonly tell: (event: ModuleEvent) => void,
  ) {}

  afterTick(timeMs: number): void {
    for (const record of scopesOf(this.shim)) {
      if (this.isNew(`scope ${record.scope}`, record)) this.tell({ timeMs, event: "SCOPE", ...record });
    }
    for (const record of leasesOf(this.shim)) {
      if (this.isNew(`lease ${record.controller}`, record)) this.tell({ timeMs, event: "LEASE", ...record });
    }
  }

  private isNew(what: string, record: object): boolean {
    const text = JSON.stringify(record);
    if (this.known.get(what) === text) return false;
    this.known.set(what, text);
    return true;
  }
}
