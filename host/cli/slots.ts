/** `fairlead slots`: two slots on a device, the old bundle in one and the new one on trial in the other. */
import type { Command } from "commander";
import { DirectorySource } from "../bundle/directory.js";
import { readTrust } from "../bundle/open.js";
import { Slots } from "../bundle/trial.js";
import { FolderStorage } from "../bundle/trial-storage.js";
import { count, directory, guarded } from "./bundle-options.js";

interface SlotOptions {
  slots: string;
  trust: string;
}

interface InstallOptions extends SlotOptions {
  attempts: number;
  confirmMs: number;
}

function slotsOf(options: SlotOptions): Slots {
  return new Slots(new FolderStorage(directory(options.slots)), readTrust(options.trust));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function registerFilling(slots: Command): void {
  const withStore = (name: string, text: string) =>
    slots
      .command(name)
      .description(text)
      .argument("<bundle>", "directory of the bundle")
      .requiredOption("--slots <directory>", "where the slots are kept")
      .requiredOption("--trust <file>", "trust store of the device");
  withStore("provision", "Put the first bundle in service.").action((bundle: string, options: SlotOptions) =>
    guarded("slots provision", () => {
      slotsOf(options).provision(new DirectorySource(directory(bundle)));
      say("provisioned: slot a is active");
    }),
  );
  withStore("install", "Verify a bundle and put it on trial from the next start on.")
    .option("--attempts <n>", "starts before the old bundle comes back", count, 3)
    .option("--confirm-ms <n>", "time that a start has to be confirmed in", count, 60_000)
    .action((bundle: string, options: InstallOptions) =>
      guarded("slots install", () => {
        const limits = { attemptsMax: options.attempts, confirmMs: options.confirmMs };
        const { manifest } = slotsOf(options).install(new DirectorySource(directory(bundle)), limits);
        say(`installed: version ${manifest.version} is on trial from the next start on`);
      }),
    );
}

function registerDeciding(slots: Command): void {
  const plain = (name: string, text: string, act: (slots: Slots) => string) =>
    slots
      .command(name)
      .description(text)
      .requiredOption("--slots <directory>", "where the slots are kept")
      .requiredOption("--trust <file>", "trust store of the device")
      .action((options: SlotOptions) => guarded(`slots ${name}`, () => say(act(slotsOf(options)))));
  plain("status", "Print the state as JSON.", (keeper) => JSON.stringify(keeper.state()));
  plain("confirm", "The bundle on trial is good: make it the active one.", (keeper) => {
    keeper.confirm();
    return `confirmed: slot ${keeper.state().active} is active`;
  });
  plain("return", "End the trial: the old bundle runs from the next start on.", (keeper) => {
    keeper.giveUp("OPERATOR");
    return `slot ${keeper.state().active} is active`;
  });
}

export function registerSlots(program: Command): void {
  const slots = program.command("slots").description("Keep an old and a new bundle on a device; try, confirm, return.");
  registerFilling(slots);
  registerDeciding(slots);
}
