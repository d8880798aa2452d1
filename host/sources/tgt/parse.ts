/** Output of `tgtadm` (tgt 1.0.85), parsed strictly: what is not as known is an error, and nothing is taken from it. */

import { OutputError } from "../command.js";

/** A session of an initiator with a target (I_T nexus), as one tgtd sees it. */
export interface TgtNexus {
  targetName: string;
  tid: number;
  /** tgt's session number: the TSIH. */
  sid: number;
  initiator: string;
  connections: { cid: number; address: string }[];
}

export interface TgtTarget {
  tid: number;
  name: string;
  nexuses: TgtNexus[];
}

const SHOW = "tgtadm --mode target --op show";
const STATISTICS = "tgtadm --mode sys --op stat";

/**
 * Output of `tgtadm --lld iscsi --mode target --op show`: targets with their sessions. A session that is still
 * logging in has no initiator yet and is left out.
 * @throws OutputError
 */
export function parseTargets(text: string): TgtTarget[] {
  const targets: TgtTarget[] = [];
  let target: TgtTarget | undefined;
  let nexus: TgtNexus | undefined;
  let inNexuses = false;
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    const found = /^Target (\d+): (\S+)$/.exec(line);
    if (found !== null) {
      target = { tid: Number(found[1]), name: found[2] as string, nexuses: [] };
      targets.push(target);
      inNexuses = false;
      continue;
    }
    if (line.trim() === "") continue;
    if (target === undefined) throw new OutputError(SHOW, number, `expected "Target …", found "${line}"`);
    if (/^ {4}\S/.test(line)) {
      inNexuses = line.trim() === "I_T nexus information:";
      nexus = undefined;
    } else if (inNexuses) {
      nexus = parseNexusLine(line, number, target, nexus);
    }
  }
  for (const each of targets) each.nexuses = each.nexuses.filter((candidate) => candidate.initiator !== "");
  return targets;
}

function parseNexusLine(line: string, number: number, target: TgtTarget, nexus: TgtNexus | undefined): TgtNexus {
  const begins = /^ {8}I_T nexus: (\d+)$/.exec(line);
  if (begins !== null) {
    const next = { targetName: target.name, tid: target.tid, sid: Number(begins[1]), initiator: "", connections: [] };
    target.nexuses.push(next);
    return next;
  }
  if (nexus === undefined) throw new OutputError(SHOW, number, `expected "I_T nexus: …", found "${line.trim()}"`);
  const initiator = /^ {12}Initiator: (\S+)( alias: .*)?$/.exec(line);
  const connection = /^ {12}Connection: (\d+)$/.exec(line);
  const address = /^ {16}(?:IP|RDMA IP) Address: (\S+)$/.exec(line);
  const latest = nexus.connections.at(-1);
  if (initiator !== null) nexus.initiator = initiator[1] as string;
  else if (connection !== null) nexus.connections.push({ cid: Number(connection[1]), address: "" });
  else if (address !== null && latest !== undefined) latest.address = address[1] as string;
  else throw new OutputError(SHOW, number, `unknown line "${line.trim()}" in a session`);
  return nexus;
}

/** Who may log in to a target, and who has a connection to it. */
export interface TgtAccess {
  tid: number;
  name: string;
  /** Names of initiators that may log in, as `tgtadm --op bind --initiator-name` made them. */
  initiators: string[];
  /** `initiator` is "" while the session is logging in. */
  sessions: { sid: number; initiator: string; cids: number[] }[];
}

/**
 * The same output as `parseTargets` reads: its lists of who is admitted, and all sessions.
 * @throws OutputError, also where a target admits by address: anybody could then come from there
 */
export function parseAccess(text: string): TgtAccess[] {
  const all: TgtAccess[] = [];
  let section = "";
  for (const [index, line] of text.split("\n").entries()) {
    const found = /^Target (\d+): (\S+)$/.exec(line);
    if (found !== null) all.push({ tid: Number(found[1]), name: found[2] as string, initiators: [], sessions: [] });
    const access = all.at(-1);
    if (access === undefined || found !== null || line.trim() === "") continue;
    if (/^ {4}\S/.test(line)) section = line.trim();
    else if (section === "I_T nexus information:") takeSession(access, line);
    else if (section === "ACL information:") {
      const name = line.trim();
      if (!/^(iqn|eui|naa)\./.test(name)) throw new OutputError(SHOW, index + 1, `admits by address: "${name}"`);
      access.initiators.push(name);
    }
  }
  return all;
}

function takeSession(access: TgtAccess, line: string): void {
  const begins = /^ {8}I_T nexus: (\d+)$/.exec(line);
  if (begins !== null) access.sessions.push({ sid: Number(begins[1]), initiator: "", cids: [] });
  const session = access.sessions.at(-1);
  const initiator = /^ {12}Initiator: (\S+)( alias: .*)?$/.exec(line)?.[1];
  const cid = /^ {12}Connection: (\d+)$/.exec(line)?.[1];
  if (session !== undefined && initiator !== undefined) session.initiator = initiator;
  if (session !== undefined && cid !== undefined) session.cids.push(Number(cid));
}

/** Commands and bytes of one session, summed over its logical units; each counter goes round at 2^32. */
export interface TgtStatistics {
  tid: number;
  sid: number;
  /** Reads and writes completed. */
  operations: number;
  /** Reads and writes begun and not yet completed. */
  inFlight: number;
  /** Bytes of completed reads and writes; 64 bits wide in tgt. */
  bytes: number;
  /** Commands that ended with an error, of any kind. */
  errors: number;
}

const STATISTICS_HEADER =
  "tgt lun sid rd_subm(bytes,cmds) rd_done(bytes,cmds) wr_subm(bytes,cmds) wr_done(bytes,cmds) errs";
const STATISTICS_COLUMNS = 12;

/**
 * Output of `tgtadm --lld iscsi --mode sys --op stat`: a line for each logical unit and session of all targets.
 * @returns statistics by `sessionKey`
 * @throws OutputError
 */
export function parseStatistics(text: string): Map<string, TgtStatistics> {
  const lines = text.split("\n");
  if (lines[0] !== STATISTICS_HEADER) throw new OutputError(STATISTICS, 1, "not the header of tgt 1.0.85");
  const sessions = new Map<string, TgtStatistics>();
  for (let index = 1; index < lines.length; index++) {
    const line = (lines[index] as string).trim();
    if (line === "") continue;
    addStatisticsLine(sessions, line, index + 1);
  }
  return sessions;
}

function addStatisticsLine(sessions: Map<string, TgtStatistics>, line: string, number: number): void {
  const columns = line.split(/\s+/);
  if (columns.length !== STATISTICS_COLUMNS || !columns.every((column) => /^\d+$/.test(column))) {
    throw new OutputError(STATISTICS, number, `expected ${STATISTICS_COLUMNS} numbers, found "${line}"`);
  }
  const at = (column: number) => Number(columns[column]);
  const key = sessionKey(at(0), at(2));
  let session = sessions.get(key);
  if (session === undefined) {
    session = { tid: at(0), sid: at(2), operations: 0, inFlight: 0, bytes: 0, errors: 0 };
    sessions.set(key, session);
  }
  session.operations = (session.operations + at(6) + at(10)) >>> 0;
  session.inFlight += difference(at(4), at(6)) + difference(at(8), at(10));
  session.bytes += at(5) + at(9);
  session.errors = (session.errors + at(11)) >>> 0;
}

/** Submitted less done, over the wrap at 2^32; done ahead of submitted (read a moment later) counts as none. */
function difference(submitted: number, done: number): number {
  return Math.max(0, (submitted - done) | 0);
}

/** Names a session within one tgtd. */
export function sessionKey(tid: number, sid: number): string {
  return `${tid}/${sid}`;
}

/** Redirection of a target, as `tgtadm --mode target --op show --tid N` prints it; undefined where none is set. */
export function parseRedirection(text: string): { address: string; port: string } | undefined {
  const address = /^RedirectAddress=(\S+)$/m.exec(text);
  const port = /^RedirectPort=(\d+)$/m.exec(text);
  return address === null || port === null ? undefined : { address: address[1] as string, port: port[1] as string };
}
