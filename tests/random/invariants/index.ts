/** All invariants: those that are judged after every tick of every run, and those that compare runs. */

import type { Comparison } from "../run/comparison.js";
import type { Invariant } from "../run/scene.js";
import { accounts } from "./accounts.js";
import { confirmedAlternative } from "./confirmed-alternative.js";
import { idle } from "./idle.js";
import { lastPath } from "./last-path.js";
import { lastRegistration } from "./last-registration.js";
import { lowersTheWorse } from "./lowers-the-worse.js";
import { movesAllowed } from "./moves-allowed.js";
import { movesBegin } from "./moves-begin.js";
import { movesStop } from "./moves-stop.js";
import { onePathAtATime } from "./one-path-at-a-time.js";
import { registrationsConverge } from "./registrations-converge.js";
import { registrationsReturn } from "./registrations-return.js";
import { sameDecisionsAgain } from "./replay.js";
import { relabelling } from "./relabelling.js";
import { residence } from "./residence.js";
import { ring } from "./ring.js";
import { silence } from "./silence.js";
import { unfitWithdrawn } from "./unfit-withdrawn.js";

export const INVARIANTS: readonly Invariant[] = [
  lastRegistration,
  confirmedAlternative,
  residence,
  movesStop,
  lowersTheWorse,
  onePathAtATime,
  lastPath,
  movesAllowed,
  ring,
  registrationsConverge,
  movesBegin,
  registrationsReturn,
  unfitWithdrawn,
  accounts,
  silence,
  idle,
];

export const COMPARISONS: readonly Comparison[] = [sameDecisionsAgain, relabelling];
