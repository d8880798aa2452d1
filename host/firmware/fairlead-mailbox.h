/*
 * The mailbox: how counters and heartbeats cross from other threads and from interrupts to the thread that ticks.
 *
 * The module's memory must be quiet while a tick runs. Writers therefore put whole rows here, at any time, and the
 * ticking thread copies them into the memory right before a tick. Each row has a sequence word, odd while a writer is
 * in it; a reader that finds the same even word before and after its copy has a whole row. All words are read and
 * written atomically, so that neither a compiler nor a processor may drop, merge or reorder the two looks at the
 * sequence word. (In the module itself a sequence word would only work in the shared build: plain loads are merged.)
 *
 * Needs 32-bit atomic compare-and-swap: ARMv7-M and up, or anything that Linux runs on. No waiting anywhere.
 */
#ifndef FAIRLEAD_MAILBOX_H
#define FAIRLEAD_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Words of a slot: the sequence word, then the row's other words. One cache line on most processors. */
#define FAIRLEAD_SLOT_WORDS 16u
/* Times that a torn row is read again before it is left for the next tick. */
#define FAIRLEAD_TORN_RETRY_MAX 4u

typedef struct fairlead_slot {
  uint32_t word[FAIRLEAD_SLOT_WORDS];
} fairlead_slot_t;

/* Slots to reserve for so many rows: the rows, and a bit a row for what is new. */
#define FAIRLEAD_SLOTS(rows) ((rows) + ((rows) + 511u) / 512u)

typedef struct fairlead_mailbox {
  fairlead_slot_t *slots;
  uint32_t rows;
} fairlead_mailbox_t;

/* Takes `slots`, all zero, for `rows` rows. Call before any writer runs. */
void fairlead_mailbox_open(fairlead_mailbox_t *mailbox, fairlead_slot_t *slots, uint32_t rows);

/*
 * Puts words 1…count of a row, zeros behind them, and marks it new. False: another writer is in the row, which can only
 * be one that the caller interrupted or runs beside; post the next sample instead of waiting.
 *
 * Call from: any thread or interrupt. Threads may share a row; each post is whole.
 */
bool fairlead_mailbox_post(const fairlead_mailbox_t *mailbox, uint32_t row, const uint32_t *words, uint32_t count);

/* Takes the marks of rows 32 × group … 32 × group + 31: bit `n` is a row that is new. Call from: the ticking thread. */
uint32_t fairlead_mailbox_take_marks(const fairlead_mailbox_t *mailbox, uint32_t group);

/*
 * Copies a row, sequence word first. False: it was torn at every try; it is marked new again.
 * Call from: the ticking thread.
 */
bool fairlead_mailbox_read(const fairlead_mailbox_t *mailbox, uint32_t row, fairlead_slot_t *copy);

#ifdef __cplusplus
}
#endif

#endif
