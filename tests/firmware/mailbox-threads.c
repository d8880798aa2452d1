/*
 * The mailbox with writers on other threads, as fast as they can: no torn row gets through, a row is never older than one
 * read before, and the last one of each writer arrives. Two writers share each row.
 */

#define _DEFAULT_SOURCE

#include <pthread.h>
#include <stdint.h>

#include "check.h"
#include "fairlead-mailbox.h"

#define ROWS 40u
#define WRITERS 4u
#define ROUNDS 60000u
#define WORDS (FAIRLEAD_SLOT_WORDS - 1u)

static fairlead_slot_t slots[FAIRLEAD_SLOTS(ROWS)];
static fairlead_mailbox_t mailbox;
static uint32_t running = WRITERS;

static uint32_t expected(uint32_t number, uint32_t index) { return (number * (2u * index + 1u)) ^ (index << 27); }

/* Each writer posts to every row; numbers grow, and the writer is their lowest bits. */
static void *write_rows(void *context) {
  uint32_t writer = (uint32_t)(uintptr_t)context;
  for (uint32_t round = 1; round <= ROUNDS; round++) {
    uint32_t words[WORDS];
    for (uint32_t index = 0; index < WORDS; index++) words[index] = expected(round * WRITERS + writer, index);
    uint32_t row = (round * 7u + writer) % ROWS;
    /* The last rounds wait for the row, so that what arrives last is known. */
    while (!fairlead_mailbox_post(&mailbox, row, words, WORDS)) {
      if (round + ROWS < ROUNDS) break;
    }
  }
  __atomic_sub_fetch(&running, 1u, __ATOMIC_RELEASE);
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

/* The last number that any writer posted to a row. */
static uint32_t last_of(uint32_t row, uint32_t writer) {
  for (uint32_t round = ROUNDS; round > 0; round--) {
    if ((round * 7u + writer) % ROWS == row) return round * WRITERS + writer;
  }
  return 0;
}

int main(void) {
  static uint32_t newest[ROWS][WRITERS];
  pthread_t threads[WRITERS];
  fairlead_mailbox_open(&mailbox, slots, ROWS);
  for (uint32_t writer = 0; writer < WRITERS; writer++) {
    CHECK_EQUAL(pthread_create(&threads[writer], NULL, write_rows, (void *)(uintptr_t)writer), 0);
  }
  while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) != 0) read_all(newest);
  for (uint32_t writer = 0; writer < WRITERS; writer++) CHECK_EQUAL(pthread_join(threads[writer], NULL), 0);
  read_all(newest);
  CHECK_EQUAL(torn, 0);
  CHECK_EQUAL(backwards, 0);
  CHECK(rows_read >= ROWS);
  for (uint32_t row = 0; row < ROWS; row++) {
    uint32_t arrived = 0;
    for (uint32_t writer = 0; writer < WRITERS; writer++) arrived |= newest[row][writer] == last_of(row, writer);
    CHECK(arrived);
  }
  printf("%u rows read while %u writers wrote\n", rows_read, WRITERS);
  return checks_end("mailbox, writers on threads");
}
