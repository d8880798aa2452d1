/** Inputs that say how things are: links of ports, loads of other controllers' ports, registrations. */

import { layouts } from "./generated/layout.js";
import type { IdBook } from "./id-book.js";
import type { Core } from "./module.js";
import type { Names } from "./names.js";

export class Observations {
  /** Bitmap of ports of one target, used again for each. */
  private readonly portWords: Uint32Array;
  /** Generation of each target row for which registrations were last given. */
  private readonly targetGenerations = new Map<number, number>();
  /** What the server lists, by rows of `registration-input`. */
  private readonly listed: Uint32Array;
  /** Registrations that their owners, other controllers, withdraw: as good as not listed. */
  private readonly withdrawn: Uint32Array;

  constructor(
    private readonly core: Core,
    private readonly incarnation: number,
    private readonly names: Names,
  ) {
    this.portWords = new Uint32Array(layouts[core.profile].limits.TARGET_PORT_WORDS ?? 1);
    this.listed = new Uint32Array(core.views.registrationInput.capacity);
    this.withdrawn = new Uint32Array(core.views.registrationInput.capacity);
  }

  /** A link that is as it was is not marked again. */
  setLink(port: number, state: number): void {
    const { targetPortInput, targetPortConfig } = this.core.views;
    const generation = targetPortConfig.generation(port);
    const same =
      targetPortInput.link(port) === state &&
      targetPortInput.incarnation(port) === this.incarnation &&
      targetPortInput.generation(port) === generation;
    if (same) return;
    targetPortInput.setGeneration(port, generation);
    targetPortInput.setIncarnation(port, this.incarnation);
    targetPortInput.setLink(port, state);
    targetPortInput.markChanged(port);
  }

  setRemoteLoad(port: number, loadPermille: number, plannedPermille: number): void {
    const { targetPortInput } = this.core.views;
    targetPortInput.setRemoteLoadPermille(port, loadPermille);
    targetPortInput.setRemotePlannedPermille(port, plannedPermille);
    targetPortInput.markChanged(port);
  }

  /** Words of the bitmap that are as they were are not marked again. */
  setRegistrations(target: number, ports: ReadonlySet<number> | readonly number[]): void {
    const words = this.portWords;
    words.fill(0);
    for (const port of ports) words[port >> 5] = (words[port >> 5] as number) | (1 << (port & 31));
    for (let word = 0; word < words.length; word++) {
      const row = target * words.length + word;
      this.listed[row] = words[word] as number;
      this.writeRegistrations(row);
    }
  }

  /** Whether the owner of a port, another controller, withdraws a target's registration there. */
  setRemoteWithdrawn(target: number, port: number, withdrawn: boolean): void {
    const row = target * this.portWords.length + (port >> 5);
    const bit = 1 << (port & 31);
    const before = this.withdrawn[row] as number;
    const after = (withdrawn ? before | bit : before & ~bit) >>> 0;
    if (after === before) return;
    this.withdrawn[row] = after;
    // Before the server was read, nothing is known of the target.
    if (this.core.views.registrationInput.incarnation(row) === this.incarnation) this.writeRegistrations(row);
  }

  private writeRegistrations(row: number): void {
    const { registrationInput } = this.core.views;
    const bits = ((this.listed[row] as number) & ~(this.withdrawn[row] as number)) >>> 0;
    const known = registrationInput.incarnation(row) === this.incarnation;
    if (known && registrationInput.ports(row) === bits) return;
    registrationInput.setIncarnation(row, this.incarnation);
    registrationInput.setPorts(row, bits);
    registrationInput.markChanged(row);
  }

  /** Inputs of rows that now belong to another port or target count as unknown until they are observed. */
  forgetMovedRows(): void {
    for (const row of this.names.ports.rows()) this.forgetPort(row);
    const { targetConfig } = this.core.views;
    for (const row of this.names.targets.rows()) {
      const generation = targetConfig.generation(row);
      if (this.targetGenerations.get(row) === generation) continue;
      this.targetGenerations.set(row, generation);
      this.forgetTarget(row);
    }
  }

  private forgetPort(row: number): void {
    const { targetPortInput, targetPortConfig } = this.core.views;
    const generation = targetPortConfig.generation(row);
    if (targetPortInput.generation(row) === generation) return;
    targetPortInput.setGeneration(row, generation);
    targetPortInput.setIncarnation(row, 0);
    targetPortInput.setLink(row, 0);
    targetPortInput.setRemoteLoadPermille(row, 0);
    targetPortInput.setRemotePlannedPermille(row, 0);
    targetPortInput.markChanged(row);
  }

  private forgetTarget(row: number): void {
    const { registrationInput } = this.core.views;
    for (let word = 0; word < this.portWords.length; word++) {
      const at = row * this.portWords.length + word;
      this.withdrawn[at] = 0;
      registrationInput.setIncarnation(at, 0);
      registrationInput.markChanged(at);
    }
  }

  /** After an attach: names of the rows in force, by their ids. */
  readNames(book: IdBook): void {
    const { targetPortConfig, targetConfig } = this.core.views;
    const read = (kind: "ports" | "targets", capacity: number, idOf: (row: number) => number) => {
      const names = book.namesById(kind);
      for (let row = 0; row < capacity; row++) {
        const name = names.get(idOf(row));
        if (name !== undefined) this.names[kind].set(row, name);
      }
    };
    read("ports", targetPortConfig.capacity, (row) => targetPortConfig.id(row));
    read("targets", targetConfig.capacity, (row) => targetConfig.id(row));
    for (const row of this.names.targets.rows()) this.targetGenerations.set(row, targetConfig.generation(row));
  }
}
