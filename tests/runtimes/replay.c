/* Replays a recording. See replay.h. */

#include "replay.h"

#include <string.h>

#define FNV_OFFSET 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull
#define DECISION_BYTES 48u

enum { RECORD_WRITE = 1, RECORD_CALL = 2, RECORD_DECISIONS = 3, RECORD_MEMORY = 4, RECORD_END = 5 };
enum { WRITE_MARKS_CHANGED = 1 };
/* Kind of a table, in its directory entry. */
enum { KIND_LATCHED = 2 };

typedef struct record {
  uint32_t kind;
  uint32_t detail;
  uint32_t table;
  uint32_t row;
  uint32_t value;
  uint32_t bytes;
} record_t;

static uint32_t word_at(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static int part(replay_result_t *result, const char *why) {
  result->parted = why;
  return -1;
}

static int read_whole(const replay_source_t *source, uint8_t *bytes, size_t count, replay_result_t *result) {
  if (source->read(source->context, bytes, count) == count) return 0;
  return part(result, "the recording is cut off");
}

int replay_header(const replay_source_t *source, uint32_t *profile, replay_result_t *result) {
  uint8_t head[32];
  memset(result, 0, sizeof *result);
  if (read_whole(source, head, sizeof head, result)) return -1;
  if (memcmp(head, "FLR1", 4) != 0) return part(result, "not a recording");
  if (word_at(head + 4) != FAIRLEAD_LAYOUT_VERSION) return part(result, "a recording of another layout version");
  *profile = word_at(head + 16);
  return 0;
}

/* Marks the rows that `count` bytes from `offset` of a row on touch. */
static int mark_rows(fairlead_t *fairlead, const record_t *record) {
  fairlead_table_t table;
  if (record->bytes == 0 || fairlead_table(fairlead, record->table, &table)) return -1;
  uint32_t rows = (record->value + record->bytes - 1u) / table.stride;
  for (uint32_t row = 0; row <= rows; row++) {
    if (fairlead_changed(fairlead, record->table, record->row + row)) return -1;
  }
  return 0;
}

/* A row of counters goes the way that firmware takes: by the mailbox. */
static int replay_post(const replay_source_t *source, fairlead_t *fairlead, const record_t *record,
                       replay_result_t *result) {
  uint8_t bytes[sizeof(fairlead_slot_t)];
  uint32_t words[FAIRLEAD_SLOT_WORDS];
  uint32_t count = record->bytes / 4u;
  if (count == 0 || count > FAIRLEAD_SLOT_WORDS || record->value != 0) return part(result, "a latched row in parts");
  if (read_whole(source, bytes, record->bytes, result)) return -1;
  for (uint32_t index = 0; index < count; index++) words[index] = word_at(bytes + index * 4u);
  return fairlead_post(fairlead, record->table, record->row, words + 1, count - 1u) ? part(result, "a row not posted")
                                                                                    : 0;
}

/* Rows that no host writes are recorded where a scenario damaged them. */
static int write_part(fairlead_t *fairlead, const record_t *record, const fairlead_table_t *table, uint32_t place,
                      const uint8_t *bytes, uint32_t count) {
  uint32_t row = record->row + place / table->stride;
  int error = fairlead_write(fairlead, record->table, row, place % table->stride, bytes, count);
  if (error != FAIRLEAD_ERROR_NO_TABLE) return error;
  return fairlead_restore(fairlead, table->base + record->row * table->stride + place, bytes, count);
}

static int replay_write(const replay_source_t *source, fairlead_t *fairlead, const record_t *record,
                        replay_result_t *result) {
  uint8_t part_of_it[64];
  uint32_t done = 0;
  fairlead_table_t table;
  if (fairlead_table(fairlead, record->table, &table)) return part(result, "a write to no table");
  if (table.kind == KIND_LATCHED) return replay_post(source, fairlead, record, result);
  while (done < record->bytes) {
    uint32_t count = record->bytes - done < sizeof part_of_it ? record->bytes - done : (uint32_t)sizeof part_of_it;
    uint32_t place = record->value + done;
    if (read_whole(source, part_of_it, (count + 3u) & ~3u, result)) return -1;
    if (write_part(fairlead, record, &table, place, part_of_it, count)) {
      return part(result, "a write outside its table");
    }
    done += count;
  }
  if ((record->detail & WRITE_MARKS_CHANGED) == 0) return 0;
  return mark_rows(fairlead, record) ? part(result, "a change of a table without changed bits") : 0;
}

static int replay_memory(const replay_source_t *source, fairlead_t *fairlead, const record_t *record,
                         replay_result_t *result) {
  uint8_t part_of_it[64];
  for (uint32_t done = 0; done < record->bytes; done += (uint32_t)sizeof part_of_it) {
    uint32_t count = record->bytes - done < sizeof part_of_it ? record->bytes - done : (uint32_t)sizeof part_of_it;
    if (read_whole(source, part_of_it, (count + 3u) & ~3u, result)) return -1;
    if (fairlead_restore(fairlead, record->row + done, part_of_it, count)) return part(result, "bytes past the memory");
  }
  return 0;
}

/* What the module returned when it refused. */
static uint32_t returned_by(const fairlead_t *fairlead, int error, fairlead_call_t call) {
  fairlead_refusal_t refusal = {0, 0, 0, 0};
  if (error == FAIRLEAD_ERROR_REFUSED) fairlead_refusal(fairlead, &refusal);
  if (call == FAIRLEAD_CALL_CONFIGURE) return refusal.code;
  return refusal.code | refusal.table << 8 | refusal.row << 16;
}

static int tick_again(fairlead_t *fairlead, uint32_t *returned) {
  uint64_t host_ms;
  int error = fairlead_get(fairlead, FAIRLEAD_CONTROL_TABLE, 0, FAIRLEAD_CONTROL_HOST_MS_OFFSET, 8, &host_ms);
  return error ? error : fairlead_tick(fairlead, host_ms, returned);
}

static int call_again(fairlead_t *fairlead, const record_t *record, uint32_t *returned) {
  int error;
  switch (record->detail) {
    case FAIRLEAD_CALL_RESET:
      return fairlead_reset(fairlead);
    case FAIRLEAD_CALL_CONFIGURE:
      error = fairlead_configure(fairlead);
      *returned = returned_by(fairlead, error, FAIRLEAD_CALL_CONFIGURE);
      return error == FAIRLEAD_ERROR_REFUSED ? FAIRLEAD_OK : error;
    case FAIRLEAD_CALL_TICK:
      return tick_again(fairlead, returned);
    case FAIRLEAD_CALL_SCRUB:
      return fairlead_scrub(fairlead, record->row, returned);
    case FAIRLEAD_CALL_ATTACH:
      error = fairlead_attach(fairlead);
      *returned = returned_by(fairlead, error, FAIRLEAD_CALL_ATTACH);
      return error == FAIRLEAD_ERROR_REFUSED ? FAIRLEAD_OK : error;
    default:
      return FAIRLEAD_ERROR_ARGUMENT;
  }
}

static int replay_call(fairlead_t *fairlead, const record_t *record, replay_result_t *result) {
  uint32_t returned = 0;
  result->frame = __builtin_frame_address(0);
  int error = call_again(fairlead, record, &returned);
  if (error) return part(result, fairlead_error_text(error));
  if (record->detail == FAIRLEAD_CALL_TICK) result->ticks++;
  if (returned != record->value) return part(result, "a call returned something else");
  return 0;
}

/* Takes one decision's bytes out of the ring, as fairlead_drain does. */
static int drain_bytes(fairlead_t *fairlead, uint8_t *bytes) {
  fairlead_table_t ring;
  uint64_t head;
  uint64_t tail;
  if (fairlead_table(fairlead, FAIRLEAD_DECISION_TABLE, &ring)) return -1;
  if (fairlead_get(fairlead, FAIRLEAD_HEADER_TABLE, 0, FAIRLEAD_HEADER_RING_HEAD_OFFSET, 4, &head) ||
      fairlead_get(fairlead, FAIRLEAD_HEADER_TABLE, 0, FAIRLEAD_HEADER_RING_TAIL_OFFSET, 4, &tail) || head == tail) {
    return -1;
  }
  uint32_t slot = (uint32_t)tail & (ring.capacity - 1u);
  if (fairlead_keep(fairlead, ring.base + slot * ring.stride, bytes, DECISION_BYTES)) return -1;
  fairlead_decided_t decided;
  return fairlead_drain(fairlead, &decided) && decided.sequence == word_at(bytes + FAIRLEAD_DECISION_SEQUENCE_OFFSET)
             ? 0
             : -1;
}

static int replay_decisions(const replay_source_t *source, fairlead_t *fairlead, const record_t *record,
                            replay_result_t *result) {
  for (uint32_t index = 0; index < record->value; index++) {
    uint8_t recorded[DECISION_BYTES];
    uint8_t made[DECISION_BYTES];
    if (read_whole(source, recorded, sizeof recorded, result)) return -1;
    if (drain_bytes(fairlead, made)) return part(result, "a recorded decision was not made");
    for (uint32_t byte = 0; byte < DECISION_BYTES; byte++) result->digest = (result->digest ^ made[byte]) * FNV_PRIME;
    result->decisions++;
    if (memcmp(recorded, made, sizeof made) != 0) return part(result, "another decision was made");
  }
  return 0;
}

static int replay_end(const replay_source_t *source, const record_t *record, replay_result_t *result) {
  uint8_t digest[8];
  if (read_whole(source, digest, sizeof digest, result)) return -1;
  result->expected = (uint64_t)word_at(digest + 4) << 32 | word_at(digest);
  if (result->ticks != record->row || result->decisions != record->value) return part(result, "counts differ");
  return result->expected == result->digest ? 0 : part(result, "the digest differs");
}

int replay_records(const replay_source_t *source, fairlead_t *fairlead, replay_result_t *result) {
  result->digest = FNV_OFFSET;
  for (;; result->record++) {
    uint8_t head[16];
    if (read_whole(source, head, sizeof head, result)) return -1;
    record_t record = {head[0], head[1], (uint32_t)head[2] | (uint32_t)head[3] << 8, word_at(head + 4),
                       word_at(head + 8), word_at(head + 12)};
    int error = -1;
    if (record.kind == RECORD_WRITE) error = replay_write(source, fairlead, &record, result);
    else if (record.kind == RECORD_CALL) error = replay_call(fairlead, &record, result);
    else if (record.kind == RECORD_DECISIONS) error = replay_decisions(source, fairlead, &record, result);
    else if (record.kind == RECORD_MEMORY) error = replay_memory(source, fairlead, &record, result);
    else if (record.kind == RECORD_END) return replay_end(source, &record, result);
    else (void)part(result, "a record of no known kind");
    if (error) return -1;
  }
}
