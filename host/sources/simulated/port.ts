/**
 * A port with a processor, a line and a command queue, as a fluid: commands are real numbers that flow in and are
 * served at most at the rate that the scarcest resource allows; what isn't served waits in its session.
 */

/** What a port can do in a second. */
export interface PortCapacity {
  processorUs: number;
  bytes: number;
  /** Infinity where only processor and line bound it. */
  operations: number;
}

/** Time of a command on an idle port, in milliseconds. */
const SERVICE_MS = 0.25;
/** Above this utilization a command takes no longer than at it, but for its waiting in a queue. */
const UTILIZATION_MAX = 0.97;
/** Weight of the latest step in what is shown. */
const SHOWN_WEIGHT = 0.1;

export class SimulatedPort {
  /** Carrier is there. */
  linkUp = true;
  /** Counters as a kernel or a target server would keep them: monotonic. */
  busyUs = 0;
  bytes = 0;
  operations = 0;
  /** Commands under way now. */
  queueDepth = 0;
  /** Commands served in a second, smoothed. */
  servedRate = 0;
  /** Bytes served in a second, smoothed. */
  servedBytesRate = 0;
  /** Mean time of a command now, in milliseconds; between the passes, without its waiting in a queue. */
  latencyMs = SERVICE_MS;
  /** Share of the waiting commands that this step serves. */
  share = 1;
  /** Use of the scarcest resource, 1 being all of it, smoothed. */
  utilization = 0;
  private wantedUs = 0;
  private wantedBytes = 0;
  private wantedOperations = 0;
  private servedUs = 0;
  private servedBytes = 0;
  private servedOperations = 0;
  private inFlight = 0;

  constructor(
    readonly index: number,
    readonly name: string,
    readonly capacity: PortCapacity,
  ) {}

  /** First pass of a step: a session has so many commands to serve. */
  want(operations: number, processorUs: number, bytes: number): void {
    this.wantedOperations += operations;
    this.wantedUs += operations * processorUs;
    this.wantedBytes += operations * bytes;
  }

  /** Between the passes: how much of it the step can serve. */
  divide(stepSeconds: number): void {
    const pressure = this.pressure(stepSeconds);
    this.share = this.linkUp ? 1 / Math.max(1, pressure) : 0;
    this.latencyMs = SERVICE_MS / (1 - Math.min(UTILIZATION_MAX, pressure));
    this.utilization += SHOWN_WEIGHT * (Math.min(1, pressure) - this.utilization);
    this.servedUs = 0;
    this.servedBytes = 0;
    this.servedOperations = 0;
    this.inFlight = 0;
  }

  /** Second pass: so much of a session's commands was served, so many are under way now, waiting or being served. */
  serve(operations: number, processorUs: number, bytes: number, inFlight: number): void {
    this.servedOperations += operations;
    this.servedUs += operations * processorUs;
    this.servedBytes += operations * bytes;
    this.inFlight += inFlight;
  }

  /** After the passes: counters, queue and latency. */
  finish(stepSeconds: number): void {
    this.busyUs += this.servedUs;
    this.bytes += this.servedBytes;
    this.operations += this.servedOperations;
    const rate = this.servedOperations / stepSeconds;
    this.queueDepth = this.inFlight;
    // Little's law.
    if (rate > 0) this.latencyMs = (this.inFlight / rate) * 1000;
    this.servedRate += SHOWN_WEIGHT * (rate - this.servedRate);
    this.servedBytesRate += SHOWN_WEIGHT * (this.servedBytes / stepSeconds - this.servedBytesRate);
    this.wantedUs = 0;
    this.wantedBytes = 0;
    this.wantedOperations = 0;
  }

  /** What is wanted in this step, in multiples of what the scarcest resource gives. */
  private pressure(stepSeconds: number): number {
    const { processorUs, bytes, operations } = this.capacity;
    return (
      Math.max(this.wantedUs / processorUs, this.wantedBytes / bytes, this.wantedOperations / operations) / stepSeconds
    );
  }
}
