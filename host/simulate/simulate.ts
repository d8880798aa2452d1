/** A block trace drives the balance: every policy side by side on the same demand. See README.md. */

import { BoundAccount, type PortCapacity, WindowDemand } from "./accounting.js";
import { checkKnobs, coreFor, type LayoutChoice, type ModuleReader } from "./core.js";
import { type DemandShape, playDemand, Seats, type TickDemand } from "./demand.js";
import { type LoadModel, loadModels } from "./load.js";
import { type SimulationOptions, TICK_MS } from "./options.js";
import { FairleadPolicy } from "./policies/fairlead.js";
import { LiteralPolicy } from "./policies/literal.js";
import { type Policy, type PolicyContext, type PolicyName, StaticPolicy } from "./policies/policy.js";
import { cutRegions, type Regions } from "./regions.js";
import { type Report, report } from "./report.js";
import { Run, type RunShape } from "./run.js";
import { SampledView } from "./sampled-view.js";
import { type Survey, survey } from "./survey.js";
import type { TraceSource } from "./trace/reader.js";
import { TICKS_PER_SECOND } from "./trace/record.js";

/** Told how far the run is: 0 to 1 within `stage`. */
export type Progress = (stage: "reading" | "running", share: number) => void;

/** What follows from the options and the survey. */
export interface Plan {
  options: SimulationOptions;
  model: LoadModel;
  facts: Survey;
  regions: Regions;
  seats: Seats;
  ticks: number;
  capacity: PortCapacity;
  /** Cost that a port carries in a simulated second. */
  capacityPerSecond: number;
}

/**
 * Reads the trace twice: to survey it, then to run it. Memory doesn't grow with the trace's lines.
 * @throws TraceError for a trace that can't be used, OptionError and PolicyRefused for options that can't.
 */
export async function simulate(
  source: TraceSource,
  options: SimulationOptions,
  readModule: ModuleReader,
  progress: Progress = () => undefined,
): Promise<Report> {
  checkKnobs(options.knobs);
  const model = loadModels[options.load];
  const share = (bytes: number) => (source.sizeBytes > 0 ? Math.min(1, bytes / source.sizeBytes) : 0);
  const facts = await survey(source, options.format, model, (bytes) => progress("reading", share(bytes)));
  const plan = makePlan(facts, options, model);
  const runs = makeRuns(plan, readModule);
  const bound = new BoundAccount(plan.capacity, plan.seats.count);
  const windows = new WindowDemand(plan.seats.count);
  const windowTicks = options.windowMs / TICK_MS;
  const step = (demand: TickDemand) => {
    if (demand.tick % windowTicks === 0) for (const run of runs) run.beginWindow();
    for (let i = 0; i < demand.count; i++) {
      const session = demand.touched[i] as number;
      windows.add(session, demand.cost[session] as number);
    }
    for (const run of runs) run.step(demand, (demand.tick + 1) * TICK_MS);
    if ((demand.tick + 1) % windowTicks !== 0) return;
    for (const run of runs) run.endWindow(windows);
    bound.end(windows);
    windows.clear();
    progress("running", (demand.tick + 1) / plan.ticks);
  };
  await playDemand(source, facts, demandShape(plan), step);
  for (const run of runs) run.world.finish();
  return report(source.name, plan, runs, bound);
}

/** Cuts regions, seats sessions, and sizes the ports so that the mean utilisation is the one asked for. */
function makePlan(facts: Survey, options: SimulationOptions, model: LoadModel): Plan {
  const regions = cutRegions(facts, options.targets, options.regions);
  const windowTicks = options.windowMs / TICK_MS;
  // A clock of whole seconds says that the last command came at some time within its second.
  const spanTicks = facts.spanTicks + (facts.wholeSeconds ? TICKS_PER_SECOND : 1);
  const windows = Math.max(1, Math.ceil(spanTicks / (tickTicks(options) * windowTicks)));
  const seconds = (windows * options.windowMs) / 1000;
  // A trace whose commands cost nothing (no bytes, with bandwidth as load) leaves every port idle.
  const capacityPerSecond = Math.max(facts.cost, 1) / seconds / options.ports / options.utilization;
  return {
    options,
    model,
    facts,
    regions,
    seats: new Seats(facts, regions, options.initiators),
    ticks: windows * windowTicks,
    capacity: {
      ports: options.ports,
      perWindow: (capacityPerSecond * options.windowMs) / 1000,
      overloadShare: options.overload,
    },
    capacityPerSecond,
  };
}

/** A tick in trace time, in units of 100 ns. */
function tickTicks(options: SimulationOptions): number {
  return (options.speed * TICK_MS * TICKS_PER_SECOND) / 1000;
}

function demandShape(plan: Plan): DemandShape {
  const { options, model, regions, seats, ticks } = plan;
  return { format: options.format, model, regions, seats, ticks, tickTicks: tickTicks(options) };
}

function makeRuns(plan: Plan, readModule: ModuleReader): Run[] {
  const { options, seats, regions } = plan;
  const shape: RunShape = {
    world: {
      ports: options.ports,
      targets: regions.count,
      initiatorOf: seats.initiator,
      targetOf: seats.target,
      nextPortal: options.nextPortal,
      delays: options.delays,
    },
    start: options.start,
    capacity: plan.capacity,
    returnWindowMs: options.returnWindowMs,
  };
  return options.policies.map((name) => new Run(name, shape, policyMaker(name, plan, readModule)));
}

function policyMaker(name: PolicyName, plan: Plan, readModule: ModuleReader): (context: PolicyContext) => Policy {
  const { options, regions, seats, capacityPerSecond } = plan;
  if (name === "static") return () => new StaticPolicy();
  if (name === "literal") {
    return ({ world, counters }) =>
      new LiteralPolicy(
        world,
        new SampledView(counters, capacityPerSecond),
        { over: options.overload, ok: options.relief },
        options.sampleMs,
      );
  }
  const needs: LayoutChoice = {
    ports: options.ports,
    targets: regions.count,
    initiators: options.initiators,
    sessions: seats.count,
  };
  const core = coreFor(needs, readModule);
  return ({ world, counters }) => {
    const policy = new FairleadPolicy(core, world, counters, {
      targetNames: regions.names,
      initiators: options.initiators,
      redirection: options.redirection,
      load: options.load,
      capacityPerSecond,
      sampleMs: options.sampleMs,
      tickMs: TICK_MS,
      knobs: {
        highWatermarkPermille: Math.round(options.overload * 1000),
        lowWatermarkPermille: Math.round(options.relief * 1000),
        ...options.knobs,
      },
    });
    world.listeners.push(policy);
    return policy;
  };
}
