/** The management of a run, where the command line asks for it: `--page` or `--management`. */

import { BundleKeeper } from "../../management/array/bundle-keeper.js";
import { EngineArray } from "../../management/array/engine-array.js";
import { type ProcessorDirectory, SingleProcessor } from "../../management/processors/directory.js";
import { TableDirectory } from "../../management/processors/table-directory.js";
import type { Management } from "../../management/run/management.js";
import type { OpenSupervisorLink } from "../../management/run/supervisor-link.js";
import type { ManagementSettings } from "../../management/run/settings.js";
import { topFolder, UsageError, version } from "../exit.js";
import type { RunWords } from "./options.js";
import type { SetUp } from "./set-up.js";

export class Managed {
  constructor(
    private readonly array: EngineArray,
    private readonly management: Management,
    private readonly link: OpenSupervisorLink | undefined,
  ) {}

  /** After the array's own. */
  afterTick(): void {
    this.link?.afterTick(this.array);
  }

  async close(): Promise<void> {
    this.link?.close();
    await this.management.close();
  }
}

/** The array of a run as servers and keys command it: one way for whatever changes its configuration. */
export function commandedArray(made: SetUp, words: RunWords, report: (line: string) => void): EngineArray {
  return new EngineArray({
    engine: made.engine,
    controller: made.controller,
    text: made.text,
    file: words.config,
    report,
    revisions: made.revisions,
    adopted: () => made.coordination?.reconfigured(),
  });
}

/** Undefined where the run is not managed. @throws UsageError, InputError, UnsafeFile */
export async function startManaged(
  made: SetUp,
  words: RunWords,
  array: EngineArray,
  report: (line: string) => void,
): Promise<Managed | undefined> {
  if (words.page === undefined && words.management === undefined) return undefined;
  if (words.page !== undefined && words.management !== undefined) {
    throw new UsageError("--page and --management: one of the two");
  }
  const settings = await readSettings(words);
  array.bundleKeeper = bundlesOf(words, settings);
  const directory = directoryOf(made);
  const { Management } = await import("../../management/run/management.js");
  const { supervisorLink } = await import("../../management/run/supervisor-link.js");
  const link = supervisorLink(directory);
  const management = new Management({
    array,
    directory,
    settings,
    version: version(topFolder()),
    bootCount: link?.bootCount ?? made.engine.shim.incarnation,
    oneTimeToken: words.page !== undefined,
    ...(link === undefined
      ? {}
      : { restart: () => process.kill(process.pid, "SIGTERM"), claim: (has: boolean) => link.fullServer(has) }),
    report,
  });
  const url = await management.start();
  made.selfWatch?.manage(management, settings.folder);
  report(words.page === undefined ? `management: ${url}` : `page: open ${url}`);
  return new Managed(array, management, link);
}

/** Without coordination there is one controller at work, and its processor is active. */
function directoryOf({ array, controller, engine }: SetUp): ProcessorDirectory {
  if (array.coordination !== undefined && array.controllers.length > 1)
    return new TableDirectory(engine.shim, controller);
  const others = array.controllers.map(({ name }) => name).filter((name) => name !== controller);
  return new SingleProcessor(controller, others);
}

async function readSettings(words: RunWords): Promise<ManagementSettings> {
  const { embeddedSettings, readManagementFile } = await import("../../management/run/settings.js");
  if (words.management !== undefined) return readManagementFile(words.management);
  return embeddedSettings(typeof words.page === "string" ? words.page : undefined);
}

function bundlesOf(words: RunWords, { waitingBundles }: ManagementSettings): BundleKeeper | undefined {
  const { slots, trust } = words as { slots?: string; trust?: string };
  if (slots === undefined || trust === undefined) return undefined;
  return new BundleKeeper({ slots, trust, ...(waitingBundles === undefined ? {} : { waiting: waitingBundles }) });
}
