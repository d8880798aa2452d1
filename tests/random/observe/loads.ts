/**
 * Loads worked out anew from the tables of usage and capacity: of a port as it is, with a session that comes, and
 * without one that goes. Written apart from the module's own, to be compared with it.
 */

import type { Views } from "../../../host/shim/generated/layout.js";

/** Beyond ten times the capacity a load says no more. */
const LOAD_MAX = 10_000;

interface Usage {
  processor: number;
  bandwidth: number;
  operations: number;
  queue: number;
  sessions: number;
}

function usageOfPort({ targetPortState: state }: Views, port: number): Usage {
  return {
    processor: state.processorUsage(port),
    bandwidth: state.bandwidthUsage(port),
    operations: state.operationsUsage(port),
    queue: state.queueUsage(port),
    sessions: state.sessions(port),
  };
}

/** What a session uses; its share of the processor is that of its port's commands, else of its bytes, else an equal one. */
function usageOfSession(views: Views, session: number): Usage {
  const state = views.sessionState;
  const port = usageOfPort(views, state.port(session));
  const [operations, bandwidth] = [state.operationsRate(session), state.bandwidthRate(session)];
  let processor = port.processor / Math.max(1, port.sessions);
  if (port.operations > 0) processor = (port.processor * Math.min(operations, port.operations)) / port.operations;
  else if (port.bandwidth > 0) processor = (port.processor * Math.min(bandwidth, port.bandwidth)) / port.bandwidth;
  return { processor: Math.floor(processor), bandwidth, operations, queue: state.inFlight(session), sessions: 1 };
}

/** The fullest resource in permille of the port's capacity. */
function fullest({ targetPortConfig: config }: Views, port: number, usage: Usage): number {
  const of = (used: number, capacity: number) =>
    capacity === 0 ? 0 : Math.min(LOAD_MAX, Math.floor((Math.max(0, used) * 1000) / capacity));
  return Math.max(
    of(usage.processor, config.processorCapacity(port)),
    of(usage.bandwidth, config.bandwidthCapacity(port)),
    of(usage.operations, config.operationsCapacity(port)),
    of(usage.queue, config.queueCapacity(port)),
    of(usage.sessions, config.sessionsCapacity(port)),
  );
}

function add(one: Usage, two: Usage, sign: 1 | -1): Usage {
  return {
    processor: one.processor + sign * two.processor,
    bandwidth: one.bandwidth + sign * two.bandwidth,
    operations: one.operations + sign * two.operations,
    queue: one.queue + sign * two.queue,
    sessions: one.sessions + sign * two.sessions,
  };
}

/** Load of a port, from its usage; another controller's port adds what that one reports. */
export function loadOfPort(views: Views, port: number): number {
  return fullest(views, port, usageOfPort(views, port)) + reported(views, port);
}

/** … with a session of another port added. */
export function loadWith(views: Views, port: number, session: number): number {
  const usage = add(usageOfPort(views, port), usageOfSession(views, session), 1);
  return fullest(views, port, usage) + reported(views, port);
}

/** … without one of its own sessions. */
export function loadWithout(views: Views, port: number, session: number): number {
  return fullest(views, port, add(usageOfPort(views, port), usageOfSession(views, session), -1));
}

function reported(views: Views, port: number): number {
  if (views.targetPortConfig.owner(port) === views.control.controllerIndex(0)) return 0;
  return views.targetPortInput.remoteLoadPermille(port) + views.targetPortInput.remotePlannedPermille(port);
}
