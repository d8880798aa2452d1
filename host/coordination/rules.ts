/** The rules that keep anything from having two holders. A harness switches them off in turn, to see that each is needed. */

export interface CoordinationRules {
  /** A lease's end is counted from when its renewal was sent, not from when the answer came. */
  readonly countFromSent: boolean;
  /** A renewal counts only when reads before and after confirm the term of the server that gave it. */
  readonly confirmRenewals: boolean;
  /** A lost lease is followed by another only once all effects of the old one are gone. */
  readonly emptyBeforeLease: boolean;
  /** A new decider first has each controller store the epoch and report what it holds. */
  readonly raiseEpoch: boolean;
  /** An order of a lower epoch than the highest seen is refused. */
  readonly refuseLowerEpoch: boolean;
  /** An order for an earlier session of the one that gets it is refused. */
  readonly refuseOtherSession: boolean;
  /** Nothing is given to one while another may have it. */
  readonly giveUpBeforeTake: boolean;
  /** The kernel lets nothing through past the end of the lease, by the wall clock. */
  readonly fence: boolean;
  /** … nor for longer than what was left of the lease when the kernel was told, whatever the wall clock is set to. */
  readonly fenceTimeout: boolean;
  /** Whoever promised to take nothing over keeps to it. */
  readonly keepPromises: boolean;
  /** … also over a restart: by its file, and by taking nothing over for the longest promise after each start. */
  readonly keepPromisesOverRestart: boolean;
  /** What one has is kept past its lease only while EVERY other controller promises. */
  readonly askEveryController: boolean;
  /** A scope is resigned only after its effects are gone. */
  readonly resignAfterEffects: boolean;
}

export const ALL_RULES: CoordinationRules = Object.freeze({
  countFromSent: true,
  confirmRenewals: true,
  emptyBeforeLease: true,
  raiseEpoch: true,
  refuseLowerEpoch: true,
  refuseOtherSession: true,
  giveUpBeforeTake: true,
  fence: true,
  fenceTimeout: true,
  keepPromises: true,
  keepPromisesOverRestart: true,
  askEveryController: true,
  resignAfterEffects: true,
});
