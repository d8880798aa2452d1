/* Hot swap and warm restart through the loader: the same bytes in another build of the module, or in a new start. */

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "check.h"
#include "open.h"

static fairlead_t first;
static fairlead_t second;
static fairlead_slot_t slots[SLOTS];
static fairlead_runtime_t runtimes[2];

static void open_both(int version) {
  close_modules();
  memset(slots, 0, sizeof slots);
  CHECK(open_module("", 0, &runtimes[0]) != NULL);
  CHECK(open_module("", version, &runtimes[1]) != NULL);
  CHECK_EQUAL(fairlead_open(&first, &runtimes[0], slots, SLOTS), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_open(&second, &runtimes[1], slots, SLOTS), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_reset(&first), FAIRLEAD_OK);
  array_stage(&first, 3);
  CHECK_EQUAL(fairlead_configure(&first), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_start(&first, 1, 0, 1), FAIRLEAD_OK);
  array_observe(&first);
}

/* Ticks both ways and compares decisions and all bytes of the memory but the module's constants. */
static void run_beside(fairlead_t *left, fairlead_t *right, uint32_t from_ms, uint32_t to_ms) {
  for (uint32_t ms = from_ms; ms <= to_ms; ms += 100) {
    fairlead_decided_t a;
    fairlead_decided_t b;
    CHECK(array_tick(left, ms));
    CHECK(array_tick(right, ms));
    for (;;) {
      bool one = fairlead_drain(left, &a);
      bool other = fairlead_drain(right, &b);
      CHECK_EQUAL(one, other);
      if (!one || !other) break;
      CHECK_EQUAL(a.sequence, b.sequence);
      CHECK_EQUAL(a.kind, b.kind);
      CHECK_EQUAL(a.subject, b.subject);
      CHECK_EQUAL(a.time_ms, b.time_ms);
    }
  }
}

/* At every tick of an overload: what goes on in the next version is what would have gone on. */
static void swapped_goes_on(int version) {
  for (uint32_t swap_ms = 300; swap_ms <= 6300; swap_ms += 500) {
    open_both(version);
    fairlead_decided_t decided;
    uint32_t sequence = 0;
    for (uint32_t ms = 100; ms < swap_ms; ms += 100) {
      CHECK(array_tick(&first, ms));
      while (fairlead_drain(&first, &decided)) CHECK_EQUAL(decided.sequence, ++sequence);
    }
    CHECK_EQUAL(fairlead_carry(&second, &first), FAIRLEAD_OK);
    CHECK_EQUAL(fairlead_attach(&second), FAIRLEAD_OK);
    CHECK(!fairlead_drain(&second, &decided));
    /* Two mailboxes would be needed to feed both from one: they share it, so `second` is fed by its own posts. */
    fairlead_slot_t own[SLOTS];
    memset(own, 0, sizeof own);
    second.mailbox.slots = own;
    run_beside(&first, &second, swap_ms, swap_ms + 5000);
  }
}

static fairlead_refusal_t refused(uint32_t address, uint8_t change) {
  fairlead_refusal_t refusal = {0, 0, 0, 0};
  open_both(0);
  for (uint32_t ms = 100; ms < 3000; ms += 100) CHECK(array_tick(&first, ms));
  CHECK_EQUAL(fairlead_carry(&second, &first), FAIRLEAD_OK);
  uint8_t *byte = runtimes[1].memory + address;
  *byte = (uint8_t)(*byte ^ change);
  uint8_t *before = malloc(runtimes[1].memory_bytes);
  CHECK(before != NULL);
  if (!before) return refusal;
  memcpy(before, runtimes[1].memory, runtimes[1].memory_bytes);
  CHECK_EQUAL(fairlead_attach(&second), FAIRLEAD_ERROR_REFUSED);
  fairlead_refusal(&second, &refusal);
  CHECK(memcmp(before, runtimes[1].memory, runtimes[1].memory_bytes) == 0);
  free(before);
  return refusal;
}

static void damage_is_refused(void) {
  CHECK_EQUAL(refused(FAIRLEAD_HEADER_MAGIC_OFFSET, 1).code, FAIRLEAD_ERROR_CODE_BAD_MAGIC);
  CHECK_EQUAL(refused(FAIRLEAD_HEADER_LAYOUT_VERSION_OFFSET, 1).code, FAIRLEAD_ERROR_CODE_BAD_VERSION);
  CHECK_EQUAL(refused(FAIRLEAD_HEADER_LAYOUT_HASH_LOW_OFFSET, 1).code, FAIRLEAD_ERROR_CODE_BAD_LAYOUT);
  CHECK_EQUAL(refused(FAIRLEAD_HEADER_PROFILE_OFFSET, 1).code, FAIRLEAD_ERROR_CODE_BAD_PROFILE);
  const fairlead_refusal_t died = refused(FAIRLEAD_HEADER_CALL_UNDER_WAY_OFFSET, FAIRLEAD_CALL_UNDER_WAY_TICK);
  CHECK_EQUAL(died.code, FAIRLEAD_ERROR_CODE_CALL_UNDER_WAY);
  CHECK_EQUAL(died.table, FAIRLEAD_CALL_UNDER_WAY_TICK);
  const uint32_t port = FAIRLEAD_TARGET_PORT_STATE_BASE + FAIRLEAD_TARGET_PORT_STATE_BYTES;
  const fairlead_refusal_t broken = refused(port + FAIRLEAD_TARGET_PORT_STATE_LOAD_PERMILLE_OFFSET, 1);
  CHECK_EQUAL(broken.code, FAIRLEAD_ERROR_CODE_BROKEN_SEAL);
  CHECK_EQUAL(broken.table, FAIRLEAD_TARGET_PORT_STATE_TABLE);
  CHECK_EQUAL(broken.row, 1);
}

/* A warm restart: kept bytes come back into a fresh instance. */
static void kept_bytes_come_back(void) {
  open_both(0);
  for (uint32_t ms = 100; ms < 2500; ms += 100) CHECK(array_tick(&first, ms));
  uint8_t *kept = malloc(runtimes[0].memory_bytes);
  CHECK(kept != NULL);
  if (!kept) return;
  CHECK_EQUAL(fairlead_keep(&first, 0, kept, runtimes[0].memory_bytes), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_restore(&second, 0, kept, runtimes[0].memory_bytes), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_attach(&second), FAIRLEAD_OK);
  uint64_t generation = 0;
  CHECK_EQUAL(fairlead_get(&second, FAIRLEAD_HEADER_TABLE, 0, FAIRLEAD_HEADER_GENERATION_OFFSET, 4, &generation),
              FAIRLEAD_OK);
  CHECK_EQUAL(generation, 1);
  /* An empty memory is no array. */
  memset(kept, 0, runtimes[0].memory_bytes);
  CHECK_EQUAL(fairlead_restore(&second, 0, kept, runtimes[0].memory_bytes), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_attach(&second), FAIRLEAD_ERROR_REFUSED);
  second.runtime.memory_bytes -= 1u;
  CHECK_EQUAL(fairlead_carry(&second, &first), FAIRLEAD_ERROR_LAYOUT);
  free(kept);
}

int main(void) {
  swapped_goes_on(0);
  swapped_goes_on(1);
  damage_is_refused();
  kept_bytes_come_back();
  close_modules();
  return checks_end("hot swap");
}
