/*
 * The mailbox with writers on other threads, as fast as they can: no torn row gets through, a row is never older than one
 * read before, and the last one arrives. All writers share two rows, which lie across the border of two cache lines: a
 * row within one line would seldom be torn.
 */

#define _DEFAULT_SOURCE

#include <pthread.h>
#include <stdint.h>

#include "check.h"
#include "fairlead-mailbox.h"

#define ROWS 40u
#define WRITERS 4u
/* Whole rows that are read before the writers stop. */
#ifdef __SANITIZE_ADDRESS__
#define READS 10000u
#else
#define READS 150000u
#endif
#define WORDS (FAIRLEAD_SLOT_WORDS - 1u)

static struct {
  uint32_t half_a_line[8];
  fairlead_slot_t slots[FAIRLEAD_SLOTS(ROWS)];
} __attribute__((aligned(64))) storage;
static fairlead_mailbox_t mailbox;
static uint32_t stop;
/* The number that each writer posted to each row last. */
static uint32_t last[ROWS][WRITERS];

static uint32_t expected(uint32_t number, uint32_t index) { return (number * (2u * index + 1u)) ^ (index << 27); }

static uint32_t row_of(uint32_t round, uint32_t writer) { return (round + writer) % 2u ? ROWS - 1u : 0u; }

/* Each writer posts to both rows; numbers grow, and the writer is their lowest bits. */
static void *write_rows(void *context) {
  uint32_t writer = (uint32_t)(uintptr_t)context;
  for (uint32_t round = 1; __atomic_load_n(&stop, __ATOMIC_ACQUIRE) == 0; round++) {
    uint32_t words[WORDS];
    uint32_t number = round * WRITERS + writer;
    for (uint32_t index = 0; index < WORDS; index++) words[index] = expected(number, index);
    uint32_t row = row_of(round, writer);
    if (fairlead_mailbox_post(&mailbox, row, words, WORDS)) last[row][writer] = number;
    /* A gap of changing length, or the reader would never find a row at rest. */
    for (volatile uint32_t pause = 0; pause < 30u + number % 61u;) pause = pause + 1u;
  }
  return NULL;
}

static uint32_t torn;
static uint32_t backwards;
static uint32_t rows_read;

static void read_row(uint32_t row, uint32_t newest[ROWS][WRITERS]) {
  fairlead_slot_t copy;
  if (!fairlead_mailbox_read(&mailbox, row, &copy)) return;
  uint32_t number = copy.word[1];
  for (uint32_t index = 1; index < WORDS; index++) torn += copy.word[index + 1u] != expected(number, index);
  backwards += number < newest[row][number % WRITERS];
  newest[row][number % WRITERS] = number;
  rows_read++;
}

static void read_all(uint32_t newest[ROWS][WRITERS]) {
  for (uint32_t group = 0; group * 32u < ROWS; group++) {
    uint32_t marks = fairlead_mailbox_take_marks(&mailbox, group);
    for (uint32_t bit = 0; bit < 32u; bit++) {
      if (marks >> bit & 1u) read_row(group * 32u + bit, newest);
    }
  }
}

int main(void) {
  static uint32_t newest[ROWS][WRITERS];
  pthread_t threads[WRITERS];
  fairlead_mailbox_open(&mailbox, storage.slots, ROWS);
  for (uint32_t writer = 0; writer < WRITERS; writer++) {
    CHECK_EQUAL(pthread_create(&threads[writer], NULL, write_rows, (void *)(uintptr_t)writer), 0);
  }
  while (rows_read < READS) read_all(newest);
  __atomic_store_n(&stop, 1u, __ATOMIC_RELEASE);
  for (uint32_t writer = 0; writer < WRITERS; writer++) CHECK_EQUAL(pthread_join(threads[writer], NULL), 0);
  read_all(newest);
  CHECK_EQUAL(torn, 0);
  CHECK_EQUAL(backwards, 0);
  for (uint32_t row = 0; row < ROWS; row += ROWS - 1u) {
    uint32_t arrived = 0;
    for (uint32_t writer = 0; writer < WRITERS; writer++) arrived |= newest[row][writer] == last[row][writer];
    CHECK(arrived);
  }
  printf("%u rows read while %u writers wrote\n", rows_read, WRITERS);
  return checks_end("mailbox, writers on threads");
}
