/** What a controller says of its own processor, and which web server that is to run: management fills it in. */

import { SelfTest } from "../../shim/generated/layout.js";

const ALL_WELL =
  SelfTest.PROCESSOR | SelfTest.MEMORY | SelfTest.DISK | SelfTest.PROCESS | SelfTest.WEB_SERVER | SelfTest.CLOCK;

/** A run without management has no tests of its own, and no web server: it says that all is well. */
export class ProcessorHub {
  /** Bits of `SelfTest` that pass. */
  selfTests: number = ALL_WELL;
  /** Sum of the weights of tracked inputs that are down. */
  penalty = 0;
  /** Has the processor run a kind of web server (`WebServerKind`). */
  serve: (kind: number) => Promise<void> = () => Promise.resolve();

  own(): { selfTests: number; penalty: number } {
    return { selfTests: this.selfTests, penalty: this.penalty };
  }
}
