/*
 * The mailbox under a timer interrupt: the interrupt posts rows whose words all follow from one number, the main loop
 * reads them. A copy without sequence word shows that the interrupt does hit in the middle of rows; the mailbox must
 * let no torn row through, and lose no last one.
 */

#include "board.h"
#include "fairlead-mailbox.h"
#include "semihosting.h"

#define WORDS (FAIRLEAD_SLOT_WORDS - 1u)
#define ROUNDS 200000u

static fairlead_slot_t slots[FAIRLEAD_SLOTS(1)];
static fairlead_mailbox_t mailbox;
static volatile uint32_t plain_row[WORDS];
static volatile uint32_t posted;

static uint32_t expected(uint32_t number, uint32_t index) { return number * (2u * index + 1u) ^ index; }

void timer_handler(void) {
  uint32_t words[WORDS];
  uint32_t number = posted + 1u;
  for (uint32_t index = 0; index < WORDS; index++) plain_row[index] = words[index] = expected(number, index);
  if (fairlead_mailbox_post(&mailbox, 0, words, WORDS)) posted = number;
  /* Another phase of the main loop each time. */
  board_timer_period(4u + number % 61u);
}

static uint32_t is_whole(const uint32_t *words) {
  for (uint32_t index = 1; index < WORDS; index++) {
    if (words[index] != expected(words[0], index)) return 0;
  }
  return 1;
}

int main(void) {
  uint32_t torn_plain = 0;
  uint32_t torn_rows = 0;
  uint32_t retried = 0;
  uint32_t newest = 0;
  fairlead_mailbox_open(&mailbox, slots, 1);
  board_timer_start(64);
  for (uint32_t round = 0; round < ROUNDS; round++) {
    uint32_t copy[WORDS];
    fairlead_slot_t slot;
    for (uint32_t index = 0; index < WORDS; index++) copy[index] = plain_row[index];
    torn_plain += !is_whole(copy);
    if (fairlead_mailbox_take_marks(&mailbox, 0) == 0) continue;
    if (!fairlead_mailbox_read(&mailbox, 0, &slot)) {
      retried++;
      continue;
    }
    torn_rows += !is_whole(&slot.word[1]) || slot.word[1] < newest;
    newest = slot.word[1];
  }
  board_timer_stop();
  fairlead_slot_t last = {{0}};
  if (fairlead_mailbox_take_marks(&mailbox, 0) && fairlead_mailbox_read(&mailbox, 0, &last)) newest = last.word[1];
  semihosting_print("{\"posted\":");
  semihosting_print_number(posted, 10, 1);
  semihosting_print(",\"tornPlain\":");
  semihosting_print_number(torn_plain, 10, 1);
  semihosting_print(",\"leftForLater\":");
  semihosting_print_number(retried, 10, 1);
  semihosting_print(",\"torn\":");
  semihosting_print_number(torn_rows, 10, 1);
  semihosting_print(",\"lost\":");
  semihosting_print_number(posted - newest, 10, 1);
  semihosting_print("}\n");
  return torn_plain > 0 && torn_rows == 0 && newest == posted ? 0 : 1;
}
