/** The array that `fairlead run` shows when no array file is given. The same text is in `tests/arrays/demo.yaml`. */

export const DEMO_FILE = "<demo>";

export const demoText = `# An array of eight ports, all on one controller, with 200 sessions in bursts. "fairlead run" shows it when no array
# file is given; "fairlead run --print-config" prints it, to begin an array file with.
name: demo
profile: standard
portDefaults:
  capacity:
    processor: 1cpu
    bandwidth: 10Gbit/s
    queue: 640
ports:
  # The iSNS server lists portals in this order. Ports "a" have 10 Gbit/s, ports "b" 25 Gbit/s and two processors.
  - {name: a1, tag: 1}
  - {name: b1, tag: 2, capacity: {processor: 2cpu, bandwidth: 25Gbit/s, queue: 1280}}
  - {name: a2, tag: 3}
  - {name: b2, tag: 4, capacity: {processor: 2cpu, bandwidth: 25Gbit/s, queue: 1280}}
  - {name: a3, tag: 5}
  - {name: b3, tag: 6, capacity: {processor: 2cpu, bandwidth: 25Gbit/s, queue: 1280}}
  - {name: a4, tag: 7}
  - {name: b4, tag: 8, capacity: {processor: 2cpu, bandwidth: 25Gbit/s, queue: 1280}}
targets:
  # Each target is reached through four of the ports, so that sessions of one port have several places to go.
  - {name: "vol{01..03}", ports: [a1, b1, b2, a4]}
  - {name: "vol{04..06}", ports: [b1, a2, a3, b4]}
  - {name: "vol{07..09}", ports: [a2, b2, b3, a1]}
  - {name: "vol{10..12}", ports: [b2, a3, a4, b1]}
  - {name: "vol{13..15}", ports: [a3, b3, b4, a2]}
  - {name: "vol{16..18}", ports: [b3, a4, a1, b2]}
  - {name: "vol{19..21}", ports: [a4, b4, b1, a3]}
  - {name: "vol{22..24}", ports: [b4, a1, a2, b3]}
initiators:
  # Some hosts take the first portal that is listed, others the one after the one they lost.
  - {name: "host{01..30}", nextPortal: first}
  - {name: "host{31..50}", nextPortal: following}
policy:
  ports:
    # Up to three sessions leave an overloaded port at a time. A port has some 25 sessions, each with a few per cent
    # of its load, so that a move that gains as little is worth it.
    sampleMs: 500ms
    movesFromPortMax: 3
    movesUnderWayMax: 6
    hysteresisPermille: 1%
    settleMs: 1s
    residenceMs: 20s
sources:
  simulated:
    seed: 1
    sessions: 200
    # The last ten hosts hold two paths to each of their targets.
    twoPathInitiators: 10
    load: {meanPermille: 34%, peakRatio: 8}
    events:
      # The port that is driven into overload, and the load easing.
      - {kind: surge, atMs: 3s, port: a1, loadPermille: 150%, forMs: 6500ms}
      - {kind: link, atMs: 22s, port: b3, state: down}
      - {kind: link, atMs: 30s, port: b3, state: up}
      - {kind: server-restart, atMs: 45s, downMs: 2s, memory: nothing}
      - {kind: surge, atMs: 55s, port: a3, loadPermille: 150%, forMs: 6s}
    repeatMs: 75s
`;
