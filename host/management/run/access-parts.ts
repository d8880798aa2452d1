/** Opens keys, users and audit log as the settings name them: alike for both servers. */

import { randomBytes } from "node:crypto";
import { type Audit, FileAudit, MemoryAudit } from "../access/audit.js";
import { Gate } from "../access/gate.js";
import { Idempotency } from "../access/idempotency.js";
import { RateLimit } from "../access/limits.js";
import { Sessions } from "../access/sessions.js";
import { readTokenKeys, Tokens } from "../access/tokens.js";
import { UserFile } from "../access/users.js";
import { type Peer, Peers } from "../processors/forwarding.js";
import { hostNames, type ManagementSettings } from "./settings.js";

const REQUESTS_PER_SECOND = 20;
const REQUESTS_AT_ONCE = 100;

export interface AccessParts {
  gate: Gate;
  sessions: Sessions;
  idempotency: Idempotency;
  audit: Audit;
  peers: Peers;
  users: UserFile | undefined;
}

/**
 * @param own name of this processor
 * @param kind the restricted server keeps its audit log in memory and on standard error where the disk fails it
 * @param keys of tokens, in hex, where the settings name no file of keys
 * @throws UnsafeFile, Error
 */
export function openAccess(
  settings: ManagementSettings,
  own: string,
  kind: "full" | "restricted",
  keys: readonly string[] = [],
): AccessParts {
  const users = settings.users === undefined ? undefined : new UserFile(settings.users);
  const given = keys.length > 0 ? keys.map((key) => Buffer.from(key, "hex")) : [randomBytes(32)];
  const sessions = new Sessions(
    new Tokens(settings.tokenKey === undefined ? given : readTokenKeys(settings.tokenKey)),
    users,
  );
  const others = settings.others.map(({ name }) => name);
  const gate = new Gate({
    processor: own,
    hosts: hostNames(settings, own, []),
    processors: [own, ...others],
    rate: new RateLimit(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE),
    sessions,
  });
  const siblings: Peer[] = [];
  const sibling = kind === "full" ? settings.restricted : settings.listen;
  if (settings.tls !== undefined && sibling !== undefined) siblings.push({ name: own, servers: [sibling] });
  return {
    gate,
    sessions,
    idempotency: new Idempotency(own),
    audit: openAudit(settings, own, kind),
    peers: new Peers(settings.others, settings.tls, siblings),
    users,
  };
}

/** The restricted server has a log of its own, so that two processes never write one chain. */
function openAudit(settings: ManagementSettings, own: string, kind: "full" | "restricted"): Audit {
  if (settings.audit === undefined) return new MemoryAudit(own);
  if (kind === "full") return new FileAudit(settings.audit, own);
  return new MemoryAudit(own, (line) => process.stderr.write(`${line}\n`));
}
