/**
 * Accounts add up: sessions of ports, charges and credits of moves, held registrations, changes on their way. Header
 * words are in their ranges, every sealed row is whole, and no row is due before the header's next deadline.
 */

import { layouts, MoveState, TargetPortStatus } from "../../../host/shim/generated/layout.js";
import { needsWithdrawn } from "../observe/steering.js";
import {
  hasStatus,
  isConfigured,
  isOwn,
  isUnderWay,
  moveRows,
  NONE,
  portRows,
  registrationBit,
  sessionRows,
  targetRows,
  wordsOf,
} from "../observe/tables.js";
import type { Invariant, Report, Scene } from "../run/scene.js";

/** Ticks after which the accounts are made anew where a row was damaged. */
const REBUILT_TICKS = 3;
const SPARSE_TICKS = 10;

export const accounts: Invariant = {
  name: "accounts add up, rows are whole, nothing is due unseen",
  observe(report) {
    let damagedTick = -REBUILT_TICKS;
    let everDamaged = false;
    let nowMs = 0;
    return {
      name: accounts.name,
      started() {
        nowMs = 0;
      },
      damage() {
        everDamaged = true;
      },
      afterTick(scene) {
        nowMs = checkHeader(scene, nowMs, everDamaged, report);
        // Larger memories are gone through now and then.
        if (scene.case.profile !== "small" && scene.tick % SPARSE_TICKS !== 0) return;
        checkDeadlines(scene, report);
        if (scene.damaged.size > 0 || scene.views.moduleState.rebuild(0) !== 0) damagedTick = scene.tick;
        if (scene.damaged.size === 0) checkSeals(scene, report);
        if (scene.tick <= damagedTick + REBUILT_TICKS * (scene.case.profile === "small" ? 1 : SPARSE_TICKS)) return;
        checkSessions(scene, report);
        checkLists(scene, report);
        checkMoves(scene, report);
        checkRegistrations(scene, report);
        checkReportedLoads(scene, report);
      },
    };
  },
};

/** @returns the module's time. */
function checkHeader({ views, shim }: Scene, before: number, damaged: boolean, report: Report): number {
  const { header, decision, commonPolicy } = views;
  const waiting = (header.ringHead(0) - header.ringTail(0)) >>> 0;
  if (waiting > decision.capacity) report(`${waiting} decisions wait in ${decision.capacity} slots`);
  if (header.callUnderWay(0) !== 0) report(`call ${header.callUnderWay(0)} is under way after the tick`);
  const nowMs = header.nowMs(0);
  const step = nowMs - before;
  if (before > 0 && (step < 0 || step > commonPolicy.timeStepMaxMs(0))) report(`the module's time steps by ${step} ms`);
  if (header.incarnation(0) !== shim.incarnation) report(`incarnation ${header.incarnation(0)} in the header`);
  if (!damaged && header.brokenSeals(0) > 0) report(`${header.brokenSeals(0)} broken seals, and nothing was damaged`);
  if (!damaged && header.repairedWords(0) > 0)
    report(`${header.repairedWords(0)} repaired words, and nothing was damaged`);
  return nowMs;
}

function checkSeals({ shim }: Scene, report: Report): void {
  const code = shim.core.exports.attach();
  if (code === 0) return;
  const table = layouts[shim.core.profile].tables[(code >>> 8) & 0xff]?.name;
  report(`attach() would refuse with ${code & 0xff}: ${table} row ${code >>> 16}`);
}

/** Header ≤ tables ≤ blocks ≤ rows: whatever is due is looked at. */
function checkDeadlines({ shim, views, damaged }: Scene, report: Report): void {
  const { tables, limits } = layouts[shim.core.profile];
  const view = new DataView(shim.core.memory.buffer);
  const now = BigInt(views.header.nowMs(0));
  const next = view.getBigUint64(
    views.header.table.fields.find(({ name }) => name === "nextDeadlineMs")?.offset ?? 0,
    true,
  );
  for (const table of tables) {
    if (table.deadlinesAddress === 0 || table.planned !== undefined) continue;
    const whole = view.getBigUint64((limits["TABLE_DEADLINES_ADDRESS"] ?? 0) + table.number * 8, true);
    // What is due already is due, however long.
    if (next > whole && next > now)
      report(`the header's next deadline ${next} is later than that of ${table.name}, ${whole}`);
    const offset = table.fields.find(({ name }) => name === "deadlineMs")?.offset ?? 0;
    for (let row = 0; row < table.capacity; row++) {
      if (damaged.has(`${table.number} ${row}`)) continue;
      const block = view.getBigUint64(table.deadlinesAddress + (row >> 6) * 8, true);
      const due = view.getBigUint64(table.base + row * table.stride + offset, true);
      if (block > due) report(`${table.name} row ${row} is due at ${due}, its block at ${block}`);
      if (whole > block) report(`a block of ${table.name} is due at ${block}, the table at ${whole}`);
    }
  }
}

/** Sessions of each port: as accounted, and as the host has written them. */
function checkSessions({ views }: Scene, report: Report): void {
  const { sessionState, sessionInput, targetPortState } = views;
  const accounted = new Map<number, number>();
  for (let row = 0; row < sessionState.capacity; row++) {
    const port = sessionState.port(row);
    if (port !== NONE) accounted.set(port, (accounted.get(port) ?? 0) + 1);
  }
  for (let port = 0; port < targetPortState.capacity; port++) {
    const [kept, counted] = [targetPortState.sessions(port), accounted.get(port) ?? 0];
    if (kept !== counted) report(`port row ${port} counts ${kept} sessions, ${counted} are accounted to it`);
  }
  for (const row of sessionRows(views)) {
    const known =
      views.targetPortConfig.id(sessionInput.port(row)) !== 0 && views.targetConfig.id(sessionInput.target(row)) !== 0;
    if (sessionInput.isChanged(row) || !known) continue;
    if (sessionState.port(row) !== sessionInput.port(row)) report(`session row ${row} is not accounted to its port`);
  }
}

/** Each port's list holds its sessions, each once; and so each initiator's. */
function checkLists({ views }: Scene, report: Report): void {
  const { sessionState, targetPortState, initiatorState } = views;
  const walk = (first: number, next: (row: number) => number): number[] => {
    const rows: number[] = [];
    for (let row = first; row !== NONE && rows.length <= sessionState.capacity; row = next(row)) rows.push(row);
    return rows;
  };
  let listed = 0;
  for (let port = 0; port < targetPortState.capacity; port++) {
    const rows = walk(targetPortState.firstSession(port), (row) => sessionState.portNext(row));
    listed += rows.length;
    if (rows.some((row) => sessionState.port(row) !== port))
      report(`port row ${port}: its list holds another's session`);
    if (rows.length !== targetPortState.sessions(port))
      report(`port row ${port}: its list holds ${rows.length} sessions`);
  }
  for (let initiator = 0; initiator < initiatorState.capacity; initiator++) {
    const rows = walk(initiatorState.firstSession(initiator), (row) => sessionState.initiatorNext(row));
    listed -= rows.length;
    const foreign = rows.some((row) => sessionState.initiator(row) !== initiator);
    if (foreign) report(`initiator row ${initiator}: its list holds another's session`);
  }
  if (listed !== 0) report(`lists of ports and of initiators differ by ${listed} sessions`);
}

/** Counts of moves, and what they charge and credit. */
function checkMoves({ views }: Scene, report: Report): void {
  const { move, moduleState, targetPortState, arrivalState } = views;
  const rows = moveRows(views);
  const under = rows.filter((row) => isUnderWay(views, row));
  if (moduleState.movesInUse(0) !== rows.length)
    report(`${moduleState.movesInUse(0)} moves counted, ${rows.length} there`);
  if (moduleState.movesUnderWay(0) !== under.length) {
    report(`${moduleState.movesUnderWay(0)} moves counted under way, ${under.length} are`);
  }
  for (const port of portRows(views)) {
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    let arriving = sum(rows.filter((row) => move.to(row) === port).map((row) => move.arrivingPermille(row)));
    for (let row = 0; row < arrivalState.capacity; row++) {
      if (arrivalState.status(row) === 1 && arrivalState.port(row) === port) arriving += arrivalState.loadPermille(row);
    }
    const leaving = sum(rows.filter((row) => move.from(row) === port).map((row) => move.leavingPermille(row)));
    const count = under.filter((row) => move.from(row) === port).length;
    const kept = [
      targetPortState.arrivingPermille(port),
      targetPortState.leavingPermille(port),
      targetPortState.leaving(port),
    ];
    const found = [arriving, leaving, count];
    if (kept.join() !== found.join())
      report(`port row ${port} keeps arriving, leaving, moves ${kept}; moves give ${found}`);
  }
}

/** Held registrations are those that a move needs withdrawn; a change is on its way for each pair marked so. */
function checkRegistrations({ views }: Scene, report: Report): void {
  const { move, registrationChange } = views;
  const holding = moveRows(views).filter((row) => isUnderWay(views, row) && move.state(row) !== MoveState.RESERVING);
  const changing = new Set<string>();
  for (let row = 0; row < registrationChange.capacity; row++) {
    if (registrationChange.target(row) === NONE) continue;
    const key = `${registrationChange.target(row)} ${registrationChange.port(row)}`;
    if (changing.has(key)) report(`two changes of target row, port row ${key}`);
    changing.add(key);
  }
  for (const target of targetRows(views)) {
    for (const port of portRows(views)) {
      if (!isConfigured(views, target, port)) continue;
      const place = `target row ${target}, port row ${port}`;
      const bit = (name: "held" | "withdrawn" | "changing" | "steered") => registrationBit(views, name, target, port);
      const needed = holding.some((row) => move.target(row) === target && needsWithdrawn(views, row, port));
      if (bit("held") !== needed) report(`${place}: held is ${bit("held")}, moves need it withdrawn: ${needed}`);
      // What an earlier term of deciding left counts no more, nor what a shadow keeps.
      const current =
        views.moduleState.deciding(0) === 1 &&
        views.registrationState.term(target * wordsOf(views)) === views.moduleState.term(0);
      if (current && bit("changing") && !changing.has(`${target} ${port}`))
        report(`${place}: marked as changing, no change is there`);
    }
  }
}

/** Another controller's port has the load that it reports. */
function checkReportedLoads({ views }: Scene, report: Report): void {
  const { targetPortState, targetPortInput, targetPortConfig } = views;
  for (const port of portRows(views)) {
    const judged = hasStatus(views, port, TargetPortStatus.SAMPLED) && !targetPortInput.isChanged(port);
    const current = targetPortInput.generation(port) === targetPortConfig.generation(port);
    if (isOwn(views, port) || !judged || !current) continue;
    const [kept, told] = [targetPortState.loadPermille(port), targetPortInput.remoteLoadPermille(port)];
    if (kept !== told) report(`port row ${port} of another controller reports load ${told}, kept is ${kept}`);
  }
}
