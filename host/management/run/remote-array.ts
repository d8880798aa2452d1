/** The managed array as the server's thread has it: every call goes to the engine's thread and back. */

import type { DecisionRecord, RunEvent } from "../../cli/run/records.js";
import type {
  ArraySnapshot,
  ArrayWatcher,
  BundleWish,
  ConfigurationText,
  DecisionPage,
  EngineFacts,
  FoundProblem,
  ManagedArray,
  Operation,
  Performed,
  SlotFacts,
  Unfulfilled,
} from "../array/managed-array.js";
import type { ProcessorDirectory, ProcessorRow } from "../processors/directory.js";
import type { Caller } from "./channel.js";

export class RemoteArray implements ManagedArray {
  private readonly watchers = new Set<ArrayWatcher>();

  constructor(private readonly caller: Caller) {
    caller.on<DecisionRecord>("decision", (record) => {
      for (const watcher of this.watchers) watcher.decision?.(record);
    });
    caller.on<RunEvent>("event", (event) => {
      for (const watcher of this.watchers) watcher.event?.(event);
    });
  }

  snapshot(): Promise<ArraySnapshot> {
    return this.caller.call("snapshot");
  }

  facts(): Promise<EngineFacts> {
    return this.caller.call("facts");
  }

  revision(): Promise<string> {
    return this.caller.call("revision");
  }

  decisions(after: number, limit: number): Promise<DecisionPage> {
    return this.caller.call("decisions", after, limit);
  }

  watch(watcher: ArrayWatcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  perform(operation: Operation, revision: string | undefined): Promise<Performed | Unfulfilled> {
    return this.caller.call("perform", operation, revision);
  }

  configuration(): Promise<ConfigurationText> {
    return this.caller.call("configuration");
  }

  checkConfiguration(text: string): Promise<{ problems: FoundProblem[]; digest: string }> {
    return this.caller.call("checkConfiguration", text);
  }

  commitConfiguration(
    text: string,
    confirmWithinMs: number,
    revision: string | undefined,
  ): Promise<{ digest: string; revision: string; returnsInMs: number } | Unfulfilled> {
    return this.caller.call("commitConfiguration", text, confirmWithinMs, revision);
  }

  confirmConfiguration(digest: string): Promise<{ digest: string } | Unfulfilled> {
    return this.caller.call("confirmConfiguration", digest);
  }

  returnConfiguration(digest: string): Promise<{ digest: string; revision: string } | Unfulfilled> {
    return this.caller.call("returnConfiguration", digest);
  }

  bundles(): Promise<SlotFacts> {
    return this.caller.call("bundles");
  }

  changeBundles(wish: BundleWish): Promise<SlotFacts | Unfulfilled> {
    return this.caller.call("changeBundles", wish);
  }
}

/** What a directory knows, to be sent. */
export interface DirectoryState {
  own: string;
  names: readonly string[];
  active: string | undefined;
  epoch: number;
  role: ReturnType<ProcessorDirectory["role"]>;
  state: string;
  rows: ProcessorRow[];
}

export function directoryState(directory: ProcessorDirectory): DirectoryState {
  return {
    own: directory.own,
    names: directory.names,
    active: directory.active(),
    epoch: directory.epoch(),
    role: directory.role(),
    state: directory.state(),
    rows: directory.rows(),
  };
}

/** A directory as it was last told of. */
export class ToldDirectory implements ProcessorDirectory {
  constructor(private told: DirectoryState) {}

  tell(state: DirectoryState): void {
    this.told = state;
  }

  get own(): string {
    return this.told.own;
  }

  get names(): readonly string[] {
    return this.told.names;
  }

  active(): string | undefined {
    return this.told.active;
  }

  epoch(): number {
    return this.told.epoch;
  }

  role(): DirectoryState["role"] {
    return this.told.role;
  }

  state(): string {
    return this.told.state;
  }

  rows(): ProcessorRow[] {
    return this.told.rows;
  }
}
