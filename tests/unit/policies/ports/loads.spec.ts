import { resetMemory } from "../../../../assembly/memory/reset";
import { less, loadOf, permilleOf, portLoad, sessionProcessor, Sum } from "../../../../assembly/policies/ports/loads";
import { SessionState } from "../../../../assembly/tables/session";
import { TargetPortConfig, TargetPortState } from "../../../../assembly/tables/target-port";

function start(): void {
  resetMemory();
  const config = TargetPortConfig.at(0);
  config.processorCapacity = 1000000;
  config.bandwidthCapacity = 1000;
  config.operationsCapacity = 5000;
  config.queueCapacity = 64;
  config.sessionsCapacity = 10;
  const state = TargetPortState.at(0);
  state.processorUsage = 300000;
  state.bandwidthUsage = 700;
  state.operationsUsage = 1000;
  state.queueUsage = 8;
  state.sessions = 4;
  const session = SessionState.at(0);
  session.operationsRate = 500;
  session.bandwidthRate = 600;
  session.inFlight = 8;
}

describe("loads", () => {
  it("are the fullest resource, each against its own capacity", () => {
    start();
    expect<u32>(portLoad(TargetPortState.at(0), TargetPortConfig.at(0))).toBe(700, "bandwidth");
    TargetPortState.at(0).queueUsage = 60;
    expect<u32>(portLoad(TargetPortState.at(0), TargetPortConfig.at(0))).toBe(937, "queue");
  });

  it("leave a resource without capacity out, and stop at ten times the capacity", () => {
    expect<u32>(permilleOf(5, 0)).toBe(0);
    expect<u32>(permilleOf(0xffff_ffff, 1)).toBe(10000);
    expect<u32>(permilleOf(999, 1000)).toBe(999);
  });

  it("give a session its share of the processor by commands, by bytes, or in equal parts", () => {
    start();
    const port = TargetPortState.at(0);
    expect<u64>(sessionProcessor(SessionState.at(0), port)).toBe(150000, "half of the commands");
    port.operationsUsage = 0;
    expect<u64>(sessionProcessor(SessionState.at(0), port)).toBe(257142, "six sevenths of the bytes");
    port.bandwidthUsage = 0;
    expect<u64>(sessionProcessor(SessionState.at(0), port)).toBe(75000, "one of four sessions");
  });

  it("without and with a session", () => {
    start();
    const state = TargetPortState.at(0);
    const config = TargetPortConfig.at(0);
    expect<u32>(loadOf(Sum.PORT_WITHOUT_SESSION, state, config, SessionState.at(0), state)).toBe(
      300,
      "sessions: 3 of 10",
    );
    const empty = TargetPortState.at(1);
    const after = loadOf(Sum.PORT_WITH_SESSION, empty, config, SessionState.at(0), state);
    expect<u32>(after).toBe(600, "bandwidth of the session");
    expect<u64>(less(3, 5)).toBe(0);
  });
});
