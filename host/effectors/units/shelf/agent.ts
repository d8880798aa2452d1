/**
 * The agent at the shelf: admits one server a unit, and remembers the highest epoch of each unit over its own end.
 *
 * What it decides is written down before it is done: an agent that ends in between does it after its start.
 */

import { type Admission, ShelfRefusal, type ShelfUnit } from "../unit-shelf.js";

/** The target server of the shelf. */
export interface ShelfTarget {
  /**
   * Lets only this initiator in (undefined: nobody). Resolves when no other is admitted, and no connection of any other is
   * left. @throws Error where that is not so
   */
  admitOnly(unit: string, initiator: string | undefined): Promise<void>;
}

/** A few bytes kept over the end of the process. */
export interface ShelfStore {
  read(): Promise<string | undefined>;
  /** Resolves when the text will be read after any crash. Never called again before it has. */
  write(text: string): Promise<void>;
}

interface UnitRecord {
  epoch: number;
  /** "": nobody. */
  server: string;
  /** The start of the server's controller that was admitted: after a restart it is admitted anew. */
  instance: string;
  /** Admissions so far: a part of the initiator's name, so that each has its own. */
  admissions: number;
}

const INITIATOR_PREFIX = "iqn.2026-01.org.fairlead";
const NEVER: Readonly<UnitRecord> = Object.freeze({ epoch: 0, server: "", instance: "", admissions: 0 });

export class ShelfAgent {
  private readonly records = new Map<string, UnitRecord>();
  /** Everything goes one after another: two servers that ask at once get two answers that fit. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly units: readonly string[],
    private readonly target: ShelfTarget,
    private readonly store: ShelfStore,
  ) {}

  /** Reads what is kept. Before anything else. @throws Error where it can't be read */
  load(): Promise<void> {
    return this.inTurn(async () => {
      const text = await this.store.read();
      if (text !== undefined) this.read(text);
    });
  }

  /** Reads what is kept, and has the target server let in whom it says. @throws Error where one of them fails */
  async start(): Promise<void> {
    await this.load();
    await this.inspect();
  }

  /** Sees to it again that only the admitted are let in: a target server that restarted has forgotten. */
  inspect(): Promise<void> {
    return this.inTurn(() => this.enforceAll());
  }

  /** See `UnitShelf.admit`. @param server name of the controller that asks, as it has proved */
  admit(unit: string, server: string, instance: string, epoch: number): Promise<Admission> {
    return this.inTurn(async () => {
      const known = this.known(unit, epoch);
      const same = known.server === server && known.instance === instance;
      if (!same || epoch > known.epoch) {
        const admissions = same ? known.admissions : known.admissions + 1;
        await this.keep(unit, { epoch, server, instance, admissions });
      }
      await this.enforce(unit);
      return { initiator: initiatorOf(unit, this.records.get(unit) as UnitRecord) };
    });
  }

  /** See `UnitShelf.release`. */
  release(unit: string, server: string, epoch: number): Promise<void> {
    return this.inTurn(async () => {
      const known = this.known(unit, epoch);
      const gone = known.server === server ? { server: "", instance: "" } : {};
      await this.keep(unit, { ...known, ...gone, epoch });
      await this.enforce(unit);
    });
  }

  states(): ShelfUnit[] {
    return this.units.map((unit) => {
      const { server, epoch } = this.records.get(unit) ?? NEVER;
      return { unit, epoch, server: server === "" ? undefined : server };
    });
  }

  private known(unit: string, epoch: number): UnitRecord {
    if (!this.units.includes(unit)) throw new ShelfRefusal(`no unit ${unit} on this shelf`);
    const record = this.records.get(unit) ?? NEVER;
    if (!Number.isSafeInteger(epoch) || epoch < record.epoch) {
      throw new ShelfRefusal(`unit ${unit}: epoch ${epoch} is lower than ${record.epoch}`);
    }
    return record;
  }

  private async enforceAll(): Promise<void> {
    for (const unit of this.units) await this.enforce(unit);
  }

  private async enforce(unit: string): Promise<void> {
    const record = this.records.get(unit) ?? NEVER;
    await this.target.admitOnly(unit, record.server === "" ? undefined : initiatorOf(unit, record));
  }

  private async keep(unit: string, record: UnitRecord): Promise<void> {
    const next = new Map(this.records).set(unit, record);
    await this.store.write(JSON.stringify({ version: 1, units: Object.fromEntries(next) }));
    this.records.set(unit, record);
  }

  private read(text: string): void {
    const content = JSON.parse(text) as { version?: unknown; units?: Record<string, unknown> };
    if (content.version !== 1) throw new Error(`the shelf's record has version ${String(content.version)}, not 1`);
    for (const [unit, record] of Object.entries(content.units ?? {})) {
      if (!isRecord(record)) throw new Error(`the shelf's record of unit ${unit} is damaged`);
      this.records.set(unit, record);
    }
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}

function initiatorOf(unit: string, record: UnitRecord): string {
  return `${INITIATOR_PREFIX}:${iscsiName(record.server)}:${iscsiName(unit)}:${record.admissions}`;
}

/** iSCSI names have lower-case letters, digits, dashes, dots and colons (RFC 7143, section 4.2.7.2). */
function iscsiName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.-]/g, "-");
}

function isRecord(value: unknown): value is UnitRecord {
  const record = value as Partial<UnitRecord> | null;
  if (typeof record !== "object" || record === null) return false;
  const numbers = [record.epoch, record.admissions];
  const right = numbers.every((each) => Number.isSafeInteger(each) && (each as number) >= 0);
  return right && typeof record.server === "string" && typeof record.instance === "string";
}
