/** Inputs of configured rows: what the host writes counts only in its incarnation, and of the row that is configured now. */
import { Header } from "./header";
import { ofThisIncarnation } from "./ring";

/** What inputs of all configured kinds begin with. */
@unmanaged
class ConfiguredInput {
  generation: u32;
  incarnation: u32;
}

/** What configurations begin with. */
@unmanaged
class Configured {
  id: u32;
  generation: u32;
}

/** True if this incarnation has written the input, of the row's present generation. */
export function isTold<I, C>(input: I, config: C): bool {
  return isOfNow(changetype<ConfiguredInput>(input), changetype<Configured>(config));
}

function isOfNow(input: ConfiguredInput, config: Configured): bool {
  return ofThisIncarnation(input.incarnation) && input.generation == config.generation;
}

/** True if the input is to be taken: told, of a configured row. Any other is dropped, and counted. */
export function isCurrent<I, C>(input: I, config: C): bool {
  return isTaken(changetype<ConfiguredInput>(input), changetype<Configured>(config));
}

function isTaken(input: ConfiguredInput, config: Configured): bool {
  if (config.id != 0 && isOfNow(input, config)) return true;
  Header.get().droppedRows++;
  return false;
}
