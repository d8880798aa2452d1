/* The loader. See fairlead-loader.h. */

#include "fairlead-loader.h"

#include <string.h>

#include "fairlead-bytes.h"

/* Offsets of fields, from the generated header. */
#define HEADER(field) FAIRLEAD_HEADER_##field##_OFFSET
#define CONTROL(field) FAIRLEAD_CONTROL_##field##_OFFSET
#define SCOPE(field) FAIRLEAD_SCOPE_##field##_OFFSET
#define DECISION(field) FAIRLEAD_DECISION_##field##_OFFSET
#define OUTCOME(field) FAIRLEAD_OUTCOME_##field##_OFFSET
#define COUNTERS(field) FAIRLEAD_TARGET_PORT_COUNTERS_##field##_OFFSET
/* Words of a row of counters behind the sequence word. */
#define COUNTERS_WORDS (FAIRLEAD_TARGET_PORT_COUNTERS_BYTES / 4u - 1u)

/* A directory entry: base, stride, capacity, rowType | kind << 16, changed bits, deadlines, …, and at byte 30 how many
   leaf words (1 << shift) a bit of the table's summary stands for. */
#define DIRECTORY_SHIFT 30u

enum { KIND_HEADER, KIND_INPUT, KIND_LATCHED, KIND_COPY, KIND_CONFIGURATION, KIND_STAGED, KIND_STATE, KIND_DECISION };

static uint32_t header_word(const fairlead_t *fairlead, uint32_t offset) {
  return (uint32_t)fairlead_load(&fairlead->runtime, offset, 4);
}

static int call(fairlead_t *fairlead, fairlead_call_t which, uint32_t argument, uint32_t *result) {
  uint32_t ignored;
  return fairlead->runtime.call(fairlead->runtime.context, which, argument, result ? result : &ignored);
}

/* --- tables --- */

static void read_entry(const fairlead_t *fairlead, uint32_t table, fairlead_table_t *entry) {
  uint32_t address = FAIRLEAD_DIRECTORY_ADDRESS + table * FAIRLEAD_DIRECTORY_ENTRY_BYTES;
  entry->base = header_word(fairlead, address);
  entry->stride = header_word(fairlead, address + 4);
  entry->capacity = header_word(fairlead, address + 8);
  entry->kind = header_word(fairlead, address + 12) >> 16;
  entry->changed = header_word(fairlead, address + 16);
  entry->shift = (uint32_t)fairlead_load(&fairlead->runtime, address + DIRECTORY_SHIFT, 1);
}

int fairlead_table(const fairlead_t *fairlead, uint32_t table, fairlead_table_t *found) {
  if (table >= FAIRLEAD_TABLE_COUNT) return FAIRLEAD_ERROR_NO_TABLE;
  read_entry(fairlead, table, found);
  return FAIRLEAD_OK;
}

/* Finds `count` bytes from `offset` of a row on, which may reach into the rows behind it. */
static int locate(const fairlead_t *fairlead, uint32_t table, uint32_t row, uint32_t offset, uint32_t count,
                  fairlead_table_t *entry, uint32_t *address) {
  if (table >= FAIRLEAD_TABLE_COUNT) return FAIRLEAD_ERROR_NO_TABLE;
  read_entry(fairlead, table, entry);
  if (row >= entry->capacity || offset > entry->stride) return FAIRLEAD_ERROR_NO_ROW;
  uint32_t place = row * entry->stride + offset;
  if (count > entry->capacity * entry->stride - place) return FAIRLEAD_ERROR_NO_ROW;
  *address = entry->base + place;
  return FAIRLEAD_OK;
}

static bool host_writes(uint32_t kind) {
  return kind == KIND_INPUT || kind == KIND_LATCHED || kind == KIND_STAGED;
}

static bool is_field_size(uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

int fairlead_set(fairlead_t *fairlead, uint32_t table, uint32_t row, uint32_t offset, uint32_t size, uint64_t value) {
  fairlead_table_t entry;
  uint32_t address;
  if (!is_field_size(size)) return FAIRLEAD_ERROR_ARGUMENT;
  int error = locate(fairlead, table, row, offset, size, &entry, &address);
  if (error) return error;
  if (!host_writes(entry.kind)) return FAIRLEAD_ERROR_NO_TABLE;
  fairlead_store(&fairlead->runtime, address, size, value);
  return FAIRLEAD_OK;
}

int fairlead_get(const fairlead_t *fairlead, uint32_t table, uint32_t row, uint32_t offset, uint32_t size,
                 uint64_t *value) {
  fairlead_table_t entry;
  uint32_t address;
  if (!is_field_size(size)) return FAIRLEAD_ERROR_ARGUMENT;
  int error = locate(fairlead, table, row, offset, size, &entry, &address);
  if (error) return error;
  *value = fairlead_load(&fairlead->runtime, address, size);
  return FAIRLEAD_OK;
}

int fairlead_write(fairlead_t *fairlead, uint32_t table, uint32_t row, uint32_t offset, const void *bytes,
                   uint32_t count) {
  fairlead_table_t entry;
  uint32_t address;
  int error = locate(fairlead, table, row, offset, count, &entry, &address);
  if (error) return error;
  if (!host_writes(entry.kind)) return FAIRLEAD_ERROR_NO_TABLE;
  fairlead_store_bytes(&fairlead->runtime, address, bytes, count);
  return FAIRLEAD_OK;
}

static void include(fairlead_t *fairlead, uint32_t address, uint32_t bit) {
  fairlead_store(&fairlead->runtime, address, 4, header_word(fairlead, address) | 1u << bit);
}

/* The leaf bit, then the summary bit. */
static void set_changed(fairlead_t *fairlead, uint32_t table, const fairlead_table_t *entry, uint32_t row) {
  uint32_t leaf = row / 32u;
  include(fairlead, entry->changed + leaf * 4u, row % 32u);
  include(fairlead, FAIRLEAD_CHANGED_SUMMARIES_ADDRESS + table * 4u, leaf >> entry->shift);
}

uint8_t *fairlead_row(fairlead_t *fairlead, uint32_t table, uint32_t row) {
  fairlead_table_t entry;
  uint32_t address;
  if (locate(fairlead, table, row, 0, 0, &entry, &address)) return NULL;
  return fairlead_byte(&fairlead->runtime, address);
}

int fairlead_changed(fairlead_t *fairlead, uint32_t table, uint32_t row) {
  fairlead_table_t entry;
  int error = fairlead_table(fairlead, table, &entry);
  if (error) return error;
  if (entry.kind != KIND_INPUT && entry.kind != KIND_LATCHED) return FAIRLEAD_ERROR_NO_TABLE;
  if (row >= entry.capacity) return FAIRLEAD_ERROR_NO_ROW;
  set_changed(fairlead, table, &entry, row);
  return FAIRLEAD_OK;
}

int fairlead_put(fairlead_t *fairlead, uint32_t table, uint32_t row, const void *bytes, uint32_t count) {
  fairlead_table_t entry;
  int error = fairlead_table(fairlead, table, &entry);
  if (error) return error;
  if (entry.kind != KIND_INPUT && entry.kind != KIND_STAGED) return FAIRLEAD_ERROR_NO_TABLE;
  if (count != entry.stride) return FAIRLEAD_ERROR_ARGUMENT;
  error = fairlead_write(fairlead, table, row, 0, bytes, count);
  if (error) return error;
  if (entry.kind == KIND_INPUT) set_changed(fairlead, table, &entry, row);
  return FAIRLEAD_OK;
}

/* --- opening --- */

static bool entry_is_sound(const fairlead_table_t *entry, uint32_t memory_bytes) {
  uint64_t rows_end = (uint64_t)entry->base + (uint64_t)entry->stride * entry->capacity;
  if (entry->kind > KIND_DECISION || entry->capacity == 0 || entry->stride == 0 || rows_end > memory_bytes) return false;
  if (entry->kind != KIND_INPUT && entry->kind != KIND_LATCHED) return true;
  uint32_t leaves = (entry->capacity + 31u) / 32u;
  if (entry->shift > 31u || (leaves - 1u) >> entry->shift > 31u) return false;
  return entry->changed >= rows_end && entry->changed <= memory_bytes - leaves * 4u;
}

/* Tables that cross by the mailbox. Those of policies that are only planned have no rows there. */
static const uint16_t latched_tables[] = {FAIRLEAD_TARGET_PORT_COUNTERS_TABLE, FAIRLEAD_HEARTBEAT_TABLE};
#define LATCHED_TABLES (sizeof latched_tables / sizeof latched_tables[0])
FAIRLEAD_ASSERT(every_latched_table_has_its_place, LATCHED_TABLES <= FAIRLEAD_LATCHED_TABLE_MAX);
FAIRLEAD_ASSERT(every_latched_row_has_its_slot, FAIRLEAD_SMALL_LATCHED_ROWS == FAIRLEAD_SMALL_TARGET_PORT_MAX + FAIRLEAD_SMALL_MEMBER_MAX);

/* Gives each latched table its rows in the mailbox; returns how many rows, 0 for a directory that is wrong. */
static uint32_t lay_out_mailbox(fairlead_t *fairlead) {
  uint32_t rows = 0;
  for (uint32_t index = 0; index < LATCHED_TABLES; index++) {
    fairlead_table_t entry;
    read_entry(fairlead, latched_tables[index], &entry);
    if (entry.kind != KIND_LATCHED || entry.stride > sizeof(fairlead_slot_t)) return 0;
    fairlead->latched[index].table = latched_tables[index];
    fairlead->latched[index].first = rows;
    fairlead->latched[index].rows = entry.capacity;
    rows += entry.capacity;
  }
  fairlead->latched_count = LATCHED_TABLES;
  return rows;
}

static bool directory_is_sound(const fairlead_t *fairlead) {
  for (uint32_t table = 0; table < FAIRLEAD_TABLE_COUNT; table++) {
    fairlead_table_t entry;
    read_entry(fairlead, table, &entry);
    if (!entry_is_sound(&entry, fairlead->runtime.memory_bytes)) return false;
  }
  return true;
}

int fairlead_open(fairlead_t *fairlead, const fairlead_runtime_t *runtime, fairlead_slot_t *slots, size_t slot_count) {
  uint32_t version = 0;
  if (!fairlead || !runtime || !runtime->call || !runtime->memory || !slots) return FAIRLEAD_ERROR_ARGUMENT;
  memset(fairlead, 0, sizeof *fairlead);
  fairlead->runtime = *runtime;
  if (runtime->memory_bytes < FAIRLEAD_TABLES_ADDRESS) return FAIRLEAD_ERROR_MODULE;
  if (runtime->mirrored != (FAIRLEAD_MIRRORED != 0)) return FAIRLEAD_ERROR_MIRRORED;
  int error = call(fairlead, FAIRLEAD_CALL_ABI_VERSION, 0, &version);
  if (error) return error;
  if (version != FAIRLEAD_LAYOUT_VERSION) return FAIRLEAD_ERROR_ABI;
  if (!directory_is_sound(fairlead)) return FAIRLEAD_ERROR_MODULE;
  uint32_t rows = lay_out_mailbox(fairlead);
  if (rows == 0) return FAIRLEAD_ERROR_MODULE;
  if (slot_count < FAIRLEAD_SLOTS(rows)) return FAIRLEAD_ERROR_NO_MEMORY;
  fairlead_mailbox_open(&fairlead->mailbox, slots, rows);
  return FAIRLEAD_OK;
}

int fairlead_reset(fairlead_t *fairlead) { return call(fairlead, FAIRLEAD_CALL_RESET, 0, NULL); }

int fairlead_start(fairlead_t *fairlead, uint32_t incarnation, uint16_t controller, uint64_t epoch) {
  const fairlead_runtime_t *runtime = &fairlead->runtime;
  fairlead_table_t control;
  fairlead_table_t scope;
  if (incarnation == 0 || epoch == 0) return FAIRLEAD_ERROR_ARGUMENT;
  read_entry(fairlead, FAIRLEAD_CONTROL_TABLE, &control);
  fairlead_store(runtime, control.base + CONTROL(INCARNATION), 4, incarnation);
  fairlead_store(runtime, control.base + CONTROL(CONTROLLER_INDEX), 2, controller);
  set_changed(fairlead, FAIRLEAD_CONTROL_TABLE, &control, 0);
  read_entry(fairlead, FAIRLEAD_SCOPE_TABLE, &scope);
  fairlead_store(runtime, scope.base + SCOPE(KIND), 1, FAIRLEAD_SCOPE_KIND_PORTS);
  fairlead_store(runtime, scope.base + SCOPE(ROLE), 1, FAIRLEAD_SCOPE_ROLE_DECIDING);
  fairlead_store(runtime, scope.base + SCOPE(INCARNATION), 4, incarnation);
  fairlead_store(runtime, scope.base + SCOPE(EPOCH), 8, epoch);
  set_changed(fairlead, FAIRLEAD_SCOPE_TABLE, &scope, 0);
  return FAIRLEAD_OK;
}

/* --- configuring and attaching --- */

void fairlead_stage(fairlead_t *fairlead, uint32_t port_count, uint32_t target_count) {
  uint8_t *common = fairlead_row(fairlead, FAIRLEAD_COMMON_POLICY_STAGED_TABLE, 0);
  fairlead_common_policy_set_defaults(common);
  fairlead_common_policy_set_target_port_count(common, port_count);
  fairlead_common_policy_set_target_count(common, target_count);
  fairlead_port_policy_set_defaults(fairlead_row(fairlead, FAIRLEAD_PORT_POLICY_STAGED_TABLE, 0));
  fairlead_processor_policy_set_defaults(fairlead_row(fairlead, FAIRLEAD_PROCESSOR_POLICY_STAGED_TABLE, 0));
  fairlead_interface_policy_set_defaults(fairlead_row(fairlead, FAIRLEAD_INTERFACE_POLICY_STAGED_TABLE, 0));
  for (uint32_t kind = 0; kind < FAIRLEAD_HEALTH_KIND_MAX; kind++) {
    fairlead_health_config_set_defaults(fairlead_row(fairlead, FAIRLEAD_HEALTH_CONFIG_STAGED_TABLE, kind));
  }
}

static int judge(fairlead_t *fairlead, fairlead_call_t which) {
  uint32_t code = 0;
  int error = call(fairlead, which, 0, &code);
  if (error) return error;
  fairlead->refused = code;
  fairlead->refused_attach = which == FAIRLEAD_CALL_ATTACH;
  return code == 0 ? FAIRLEAD_OK : FAIRLEAD_ERROR_REFUSED;
}

int fairlead_configure(fairlead_t *fairlead) { return judge(fairlead, FAIRLEAD_CALL_CONFIGURE); }

int fairlead_attach(fairlead_t *fairlead) { return judge(fairlead, FAIRLEAD_CALL_ATTACH); }

void fairlead_refusal(const fairlead_t *fairlead, fairlead_refusal_t *refusal) {
  memset(refusal, 0, sizeof *refusal);
  refusal->code = fairlead->refused & 0xffu;
  if (fairlead->refused_attach) {
    /* Attach leaves the memory as it is, the header's words too: what it has to say is in what it returned. */
    refusal->table = fairlead->refused >> 8 & 0xffu;
    refusal->row = fairlead->refused >> 16;
    return;
  }
  refusal->table = header_word(fairlead, HEADER(ERROR_TABLE));
  refusal->row = header_word(fairlead, HEADER(ERROR_ROW));
  refusal->field = header_word(fairlead, HEADER(ERROR_FIELD));
}

/* --- the mailbox --- */

static const fairlead_latched_t *find_latched(const fairlead_t *fairlead, uint32_t table) {
  for (uint32_t index = 0; index < fairlead->latched_count; index++) {
    if (fairlead->latched[index].table == table) return &fairlead->latched[index];
  }
  return NULL;
}

int fairlead_post(const fairlead_t *fairlead, uint32_t table, uint32_t row, const uint32_t *words, uint32_t count) {
  const fairlead_latched_t *latched = find_latched(fairlead, table);
  if (!latched) return FAIRLEAD_ERROR_NO_TABLE;
  if (row >= latched->rows || count >= FAIRLEAD_SLOT_WORDS) return FAIRLEAD_ERROR_NO_ROW;
  bool posted = fairlead_mailbox_post(&fairlead->mailbox, latched->first + row, words, count);
  return posted ? FAIRLEAD_OK : FAIRLEAD_ERROR_BUSY;
}

static void put_long(uint32_t *words, size_t offset, uint64_t value) {
  words[offset / 4 - 1] = (uint32_t)value;
  words[offset / 4] = (uint32_t)(value >> 32);
}

int fairlead_post_port_counters(const fairlead_t *fairlead, uint32_t port, const fairlead_port_counters_t *counters) {
  uint32_t words[COUNTERS_WORDS] = {0};
  words[COUNTERS(GENERATION) / 4 - 1] = counters->generation;
  words[COUNTERS(SAMPLED_MS) / 4 - 1] = counters->sampled_ms;
  words[COUNTERS(QUEUE_DEPTH) / 4 - 1] = counters->queue_depth;
  put_long(words, COUNTERS(BUSY_US), counters->busy_us);
  put_long(words, COUNTERS(BYTES), counters->bytes);
  put_long(words, COUNTERS(OPERATIONS), counters->operations);
  return fairlead_post(fairlead, FAIRLEAD_TARGET_PORT_COUNTERS_TABLE, port, words, COUNTERS_WORDS);
}

static void latch_row(fairlead_t *fairlead, const fairlead_latched_t *latched, uint32_t row) {
  fairlead_table_t entry;
  fairlead_slot_t copy;
  if (!fairlead_mailbox_read(&fairlead->mailbox, latched->first + row, &copy)) {
    fairlead->torn_rows++;
    return;
  }
  read_entry(fairlead, latched->table, &entry);
  for (uint32_t word = 0; word < entry.stride / 4u; word++) {
    fairlead_store(&fairlead->runtime, entry.base + row * entry.stride + word * 4u, 4, copy.word[word]);
  }
  set_changed(fairlead, latched->table, &entry, row);
}

static void latch_slot(fairlead_t *fairlead, uint32_t slot) {
  for (uint32_t index = 0; index < fairlead->latched_count; index++) {
    const fairlead_latched_t *latched = &fairlead->latched[index];
    if (slot < latched->first + latched->rows) {
      latch_row(fairlead, latched, slot - latched->first);
      return;
    }
  }
}

static void latch_mailbox(fairlead_t *fairlead) {
  for (uint32_t group = 0; group * 32u < fairlead->mailbox.rows; group++) {
    uint32_t marks = fairlead_mailbox_take_marks(&fairlead->mailbox, group);
    for (uint32_t bit = 0; marks != 0; bit++, marks >>= 1) {
      if (marks & 1u) latch_slot(fairlead, group * 32u + bit);
    }
  }
}

/* --- ticking --- */

int fairlead_tick(fairlead_t *fairlead, uint64_t host_ms, uint32_t *waiting) {
  fairlead_table_t control;
  latch_mailbox(fairlead);
  read_entry(fairlead, FAIRLEAD_CONTROL_TABLE, &control);
  fairlead_store(&fairlead->runtime, control.base + CONTROL(HOST_MS), 8, host_ms);
  return call(fairlead, FAIRLEAD_CALL_TICK, 0, waiting);
}

int fairlead_scrub(fairlead_t *fairlead, uint32_t rows, uint32_t *broken) {
  return call(fairlead, FAIRLEAD_CALL_SCRUB, rows, broken);
}

bool fairlead_drain(fairlead_t *fairlead, fairlead_decided_t *decided) {
  const fairlead_runtime_t *runtime = &fairlead->runtime;
  fairlead_table_t ring;
  uint32_t tail = header_word(fairlead, HEADER(RING_TAIL));
  if (tail == header_word(fairlead, HEADER(RING_HEAD))) return false;
  read_entry(fairlead, FAIRLEAD_DECISION_TABLE, &ring);
  uint32_t row = ring.base + (tail & (ring.capacity - 1u)) * ring.stride;
  decided->time_ms = fairlead_load(runtime, row + DECISION(TIME_MS), 8);
  decided->epoch = fairlead_load(runtime, row + DECISION(EPOCH), 8);
  decided->incarnation = (uint32_t)fairlead_load(runtime, row + DECISION(INCARNATION), 4);
  decided->sequence = (uint32_t)fairlead_load(runtime, row + DECISION(SEQUENCE), 4);
  decided->kind = (uint32_t)fairlead_load(runtime, row + DECISION(KIND), 1);
  decided->subject_kind = (uint32_t)fairlead_load(runtime, row + DECISION(SUBJECT_KIND), 1);
  decided->reason = (uint32_t)fairlead_load(runtime, row + DECISION(REASON), 2);
  decided->subject = (uint32_t)fairlead_load(runtime, row + DECISION(SUBJECT), 4);
  decided->subject_generation = (uint32_t)fairlead_load(runtime, row + DECISION(SUBJECT_GENERATION), 4);
  decided->from = (uint32_t)fairlead_load(runtime, row + DECISION(FROM), 2);
  decided->to = (uint32_t)fairlead_load(runtime, row + DECISION(TO), 2);
  decided->detail = (uint32_t)fairlead_load(runtime, row + DECISION(DETAIL), 4);
  decided->scope = (uint32_t)fairlead_load(runtime, row + DECISION(SCOPE), 2);
  fairlead_store(runtime, HEADER(RING_TAIL), 4, tail + 1u);
  return true;
}

int fairlead_outcome(fairlead_t *fairlead, uint32_t incarnation, uint32_t sequence, uint16_t result, uint32_t detail) {
  const fairlead_runtime_t *runtime = &fairlead->runtime;
  fairlead_table_t entry;
  read_entry(fairlead, FAIRLEAD_OUTCOME_TABLE, &entry);
  uint32_t slot = fairlead->outcome_next;
  uint32_t leaf = header_word(fairlead, entry.changed + slot / 32u * 4u);
  if (leaf >> slot % 32u & 1u) return FAIRLEAD_ERROR_FULL;
  uint32_t row = entry.base + slot * entry.stride;
  fairlead_store(runtime, row + OUTCOME(INCARNATION), 4, incarnation);
  fairlead_store(runtime, row + OUTCOME(SEQUENCE), 4, sequence);
  fairlead_store(runtime, row + OUTCOME(RESULT), 2, result);
  fairlead_store(runtime, row + OUTCOME(DETAIL), 4, detail);
  set_changed(fairlead, FAIRLEAD_OUTCOME_TABLE, &entry, slot);
  fairlead->outcome_next = slot + 1u == entry.capacity ? 0 : slot + 1u;
  return FAIRLEAD_OK;
}

/* --- keeping bytes --- */

static bool in_memory(const fairlead_t *fairlead, uint32_t address, uint32_t count) {
  return address <= fairlead->runtime.memory_bytes && count <= fairlead->runtime.memory_bytes - address;
}

int fairlead_keep(const fairlead_t *fairlead, uint32_t address, void *bytes, uint32_t count) {
  if (!in_memory(fairlead, address, count)) return FAIRLEAD_ERROR_NO_ROW;
  fairlead_load_bytes(&fairlead->runtime, address, bytes, count);
  return FAIRLEAD_OK;
}

/* The constants are the module's, of whatever version it is. */
static bool is_constant(uint32_t address) {
  return address >= FAIRLEAD_DIRECTORY_ADDRESS && address < FAIRLEAD_TABLES_ADDRESS;
}

int fairlead_restore(fairlead_t *fairlead, uint32_t address, const void *bytes, uint32_t count) {
  const uint8_t *byte = bytes;
  if (!in_memory(fairlead, address, count)) return FAIRLEAD_ERROR_NO_ROW;
  for (uint32_t index = 0; index < count; index++) {
    if (!is_constant(address + index)) fairlead_store(&fairlead->runtime, address + index, 1, byte[index]);
  }
  return FAIRLEAD_OK;
}

int fairlead_carry(fairlead_t *to, const fairlead_t *from) {
  if (to->runtime.memory_bytes != from->runtime.memory_bytes) return FAIRLEAD_ERROR_LAYOUT;
  for (uint32_t address = 0; address < from->runtime.memory_bytes; address++) {
    if (!is_constant(address)) fairlead_store(&to->runtime, address, 1, fairlead_load(&from->runtime, address, 1));
  }
  to->outcome_next = from->outcome_next;
  return FAIRLEAD_OK;
}

const char *fairlead_error_text(int error) {
  switch (error) {
    case FAIRLEAD_OK:
      return "no error";
    case FAIRLEAD_ERROR_ARGUMENT:
      return "an argument is missing or outside its range";
    case FAIRLEAD_ERROR_RUNTIME:
      return "the runtime could not load the module, or lost it";
    case FAIRLEAD_ERROR_MODULE:
      return "not a Fairlead module: an export, its memory or its directory is wrong";
    case FAIRLEAD_ERROR_ABI:
      return "the module has another version of the memory layout";
    case FAIRLEAD_ERROR_TRAPPED:
      return "the module trapped; reset it or open it anew";
    case FAIRLEAD_ERROR_REFUSED:
      return "refused; the header names the table, row and field";
    case FAIRLEAD_ERROR_NO_TABLE:
      return "no such table, or not one that this call may touch";
    case FAIRLEAD_ERROR_NO_ROW:
      return "no such row or byte in the table";
    case FAIRLEAD_ERROR_FULL:
      return "no outcome slot is free until the next tick";
    case FAIRLEAD_ERROR_BUSY:
      return "another writer is in the mailbox row";
    case FAIRLEAD_ERROR_NO_MEMORY:
      return "the storage given is too small";
    case FAIRLEAD_ERROR_LAYOUT:
      return "bytes of another layout or profile";
    case FAIRLEAD_ERROR_MIRRORED:
      return "FAIRLEAD_MIRRORED is not what the runtime does with its memory";
    default:
      return "unknown error";
  }
}
