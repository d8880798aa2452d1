/* The mailbox: rows under sequence words, every word atomic. See fairlead-mailbox.h. */

#include "fairlead-mailbox.h"

#include <stddef.h>

#if !defined(__GNUC__)
#error "port these six operations to your compiler's atomics (C11: stdatomic.h)"
#endif
#define LOAD(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#define LOAD_ACQUIRE(word) __atomic_load_n(&(word), __ATOMIC_ACQUIRE)
#define STORE(word, value) __atomic_store_n(&(word), (value), __ATOMIC_RELAXED)
#define STORE_RELEASE(word, value) __atomic_store_n(&(word), (value), __ATOMIC_RELEASE)
#define FENCE_ACQUIRE() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define FENCE_RELEASE() __atomic_thread_fence(__ATOMIC_RELEASE)

/* The marks lie behind the rows. */
static uint32_t *marks(const fairlead_mailbox_t *mailbox, uint32_t group) {
  fairlead_slot_t *slot = &mailbox->slots[mailbox->rows + group / FAIRLEAD_SLOT_WORDS];
  return &slot->word[group % FAIRLEAD_SLOT_WORDS];
}

static void mark(const fairlead_mailbox_t *mailbox, uint32_t row) {
  __atomic_fetch_or(marks(mailbox, row / 32u), 1u << (row % 32u), __ATOMIC_RELEASE);
}

void fairlead_mailbox_open(fairlead_mailbox_t *mailbox, fairlead_slot_t *slots, uint32_t rows) {
  mailbox->slots = slots;
  mailbox->rows = rows;
}

bool fairlead_mailbox_post(const fairlead_mailbox_t *mailbox, uint32_t row, const uint32_t *words, uint32_t count) {
  uint32_t *word = mailbox->slots[row].word;
  uint32_t even = LOAD(word[0]) & ~1u;
  /* Odd by one writer alone: the word is the row's lock as well as its sequence. */
  if (!__atomic_compare_exchange_n(&word[0], &even, even + 1u, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return false;
  FENCE_RELEASE(); /* the odd word is seen before any word of the row */
  for (uint32_t index = 1; index < FAIRLEAD_SLOT_WORDS; index++) {
    STORE(word[index], index <= count ? words[index - 1u] : 0u);
  }
  STORE_RELEASE(word[0], even + 2u); /* and the even one after all of them */
  mark(mailbox, row);
  return true;
}

uint32_t fairlead_mailbox_take_marks(const fairlead_mailbox_t *mailbox, uint32_t group) {
  uint32_t *word = marks(mailbox, group);
  /* Most ticks find nothing: a load costs less than an exchange. */
  if (LOAD(*word) == 0) return 0;
  return __atomic_exchange_n(word, 0u, __ATOMIC_ACQUIRE);
}

bool fairlead_mailbox_read(const fairlead_mailbox_t *mailbox, uint32_t row, fairlead_slot_t *copy) {
  uint32_t *word = mailbox->slots[row].word;
  for (uint32_t attempt = 0; attempt < FAIRLEAD_TORN_RETRY_MAX; attempt++) {
    uint32_t before = LOAD_ACQUIRE(word[0]); /* no word of the row is read before it */
    for (uint32_t index = 1; index < FAIRLEAD_SLOT_WORDS; index++) copy->word[index] = LOAD(word[index]);
    FENCE_ACQUIRE(); /* nor after the second look */
    if ((before & 1u) == 0 && LOAD(word[0]) == before) {
      copy->word[0] = before;
      return true;
    }
  }
  mark(mailbox, row);
  return false;
}
