/*
 * The loader: drives a Fairlead module from firmware.
 *
 * A small C99 library over the generated layout (build/fairlead.h). It allocates nothing, does no input or output and
 * keeps no globals: everything lives in a fairlead_t and a mailbox of the caller's. One fairlead_t drives one module.
 *
 * The life of an array:
 *
 *   fairlead_open        over a runtime that an adapter opened (adapters/fairlead-aot.h, …-wamr.h, …-wasm3.h)
 *   fairlead_reset       an empty array, or fairlead_restore and fairlead_attach: go on with kept bytes
 *   fairlead_start       who this host is, and since which start
 *   fairlead_stage       a configuration, row by row with fairlead_put; then fairlead_configure
 *   then, for ever:
 *     fairlead_post…     counters and heartbeats, from any thread or interrupt, at any time
 *     fairlead_put       other inputs: links, sessions, registrations
 *     fairlead_tick      every 100 ms or so
 *     fairlead_drain     carry out each decision, then fairlead_outcome
 *
 * From where. "Tick thread" below is the one thread (or main loop) that calls the module; nothing else may run in the
 * loader at the same time, except the calls marked "any": fairlead_post… and fairlead_error_text. None of the calls
 * waits or blocks; each has a bound on its time.
 *
 * Units. Times are the host's monotonic milliseconds; counters only grow. Rows and tables are those of the generated
 * header; a field is named by its offset and size there, or written by the header's accessors.
 *
 * Errors. Every int below is FAIRLEAD_OK (0) or a negative fairlead_error_t (fairlead-runtime.h).
 */
#ifndef FAIRLEAD_LOADER_H
#define FAIRLEAD_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fairlead-mailbox.h"
#include "fairlead-runtime.h"
#include "fairlead.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tables that cross by the mailbox: port counters; heartbeats will be another. */
#define FAIRLEAD_LATCHED_TABLE_MAX 4u

/* A table of the module, read from its directory. */
typedef struct fairlead_table {
  uint32_t base;      /* address of row 0 */
  uint32_t stride;    /* bytes from row to row */
  uint32_t capacity;  /* rows */
  uint32_t kind;      /* 0 header 1 input 2 latched 3 latch's copy 4 configuration 5 staged 6 state 7 decision */
  uint32_t changed;   /* address of its changed bits, 0 if it has none */
  uint32_t shift;     /* leaf words per summary bit: 1 << shift */
} fairlead_table_t;

/* The rows of a latched table in the mailbox. */
typedef struct fairlead_latched {
  uint32_t table;
  uint32_t first;
  uint32_t rows;
} fairlead_latched_t;

/* One array. The caller gives the storage, zeroed or not; its members are the loader's own. */
typedef struct fairlead {
  fairlead_runtime_t runtime;
  fairlead_mailbox_t mailbox;
  fairlead_latched_t latched[FAIRLEAD_LATCHED_TABLE_MAX];
  uint32_t latched_count;
  uint32_t outcome_next;
  uint32_t refused;
  bool refused_attach;
  /* Mailbox rows that were torn at every try and left for a later tick. */
  uint32_t torn_rows;
} fairlead_t;

/* What `configure` or `attach` refused, in numbers of the generated header. After an attach, table and row are those of a
   broken seal, table is the call that was under way (Call), and all others are 0. */
typedef struct fairlead_refusal {
  uint32_t code;  /* ErrorCode */
  uint32_t table; /* number of the table */
  uint32_t row;
  uint32_t field; /* offset of the field in its row, bytes */
} fairlead_refusal_t;

/* A decision, in the host's own byte order whatever the runtime. Its fields are those of the generated Decision row. */
typedef struct fairlead_decided {
  uint64_t time_ms;
  uint64_t epoch;
  uint32_t incarnation;
  uint32_t sequence;
  uint32_t kind;
  uint32_t reason;
  uint32_t subject_kind;
  uint32_t subject;
  uint32_t subject_generation;
  uint32_t from;
  uint32_t to;
  uint32_t detail;
  uint32_t scope;
} fairlead_decided_t;

/* One sample of a target port's counters. */
typedef struct fairlead_port_counters {
  uint32_t generation;  /* of the port's row in force; samples of another are dropped */
  uint32_t sampled_ms;  /* the host's milliseconds when they were read, low word */
  uint32_t queue_depth; /* commands under way now */
  uint64_t busy_us;     /* microseconds of processor time, monotonic */
  uint64_t bytes;       /* sent and received, monotonic */
  uint64_t operations;  /* commands completed, monotonic */
} fairlead_port_counters_t;

/*
 * Takes a module into service: checks its ABI and directory, and lays out the mailbox.
 *
 * runtime       as an adapter filled it in; copied
 * slots         FAIRLEAD_SLOTS(rows) slots, all zero, for the rows of all latched tables:
 *               FAIRLEAD_SLOTS(FAIRLEAD_LATCHED_ROWS) for the profile compiled for. Must outlive the loader.
 * slot_count    how many
 *
 * Errors: ARGUMENT; MODULE: the directory is not one; MIRRORED; ABI; NO_MEMORY: too few slots; TRAPPED, RUNTIME.
 * Call from: tick thread, before any writer posts. The module's memory isn't changed.
 */
int fairlead_open(fairlead_t *fairlead, const fairlead_runtime_t *runtime, fairlead_slot_t *slots, size_t slot_count);

/*
 * Makes an empty array without a configuration. All knobs of the policies are zero then: fairlead_stage, which stages
 * their defaults, and fairlead_configure come next, before anything is observed.
 * Errors: TRAPPED, RUNTIME. Call from: tick thread, between ticks.
 */
int fairlead_reset(fairlead_t *fairlead);

/*
 * Writes who the host is: after reset or attach, before the first tick.
 *
 * incarnation   larger at each start of the host, at least 1; decisions and outcomes carry it
 * controller    row of this controller among the servers; 0 on a single controller
 * epoch         epoch of the scope of this controller's own ports, at least 1; with a single controller any constant
 *
 * Errors: ARGUMENT. Call from: tick thread, between ticks.
 */
int fairlead_start(fairlead_t *fairlead, uint32_t incarnation, uint16_t controller, uint64_t epoch);

/*
 * Begins to stage a configuration: the default of every knob of the policies, and how many ports and targets the caller
 * stages in rows 0…, in ascending order of their ids (fairlead_put, or fairlead_row and accessors).
 * Errors: none here; fairlead_configure checks. Call from: tick thread, between ticks.
 */
void fairlead_stage(fairlead_t *fairlead, uint32_t port_count, uint32_t target_count);

/*
 * Adopts the staged configuration whole, or refuses it whole and keeps the one in force.
 * Errors: REFUSED, and fairlead_refusal says what is wrong; TRAPPED, RUNTIME. Call from: tick thread, between ticks.
 */
int fairlead_configure(fairlead_t *fairlead);

/*
 * Takes over the bytes in memory that an earlier instance left: after a warm restart, or when another version of the
 * module takes over (fairlead_carry). Changes nothing where it refuses.
 * Errors: REFUSED, and fairlead_refusal says why; TRAPPED, RUNTIME. Call from: tick thread, between ticks.
 */
int fairlead_attach(fairlead_t *fairlead);

/* What the latest refusal was about. Call from: tick thread, right after the refused call. */
void fairlead_refusal(const fairlead_t *fairlead, fairlead_refusal_t *refusal);

/*
 * One step: latches the mailbox into the memory, tells the module the time, and has it decide. After a reset and before
 * fairlead_configure it does no harm and decides nothing: the module's time stands still, observations are dropped.
 *
 * host_ms       the host's monotonic milliseconds, from any zero
 * waiting       how many decisions wait for fairlead_drain; may be NULL
 *
 * Errors: TRAPPED, RUNTIME. Call from: tick thread; never from an interrupt that may interrupt it.
 */
int fairlead_tick(fairlead_t *fairlead, uint64_t host_ms, uint32_t *waiting);

/*
 * Verifies the check words of so many further rows, when there is time between ticks. `broken` (may be NULL) is how
 * many were wrong; the next ticks report and rebuild them.
 * Errors: TRAPPED, RUNTIME. Call from: tick thread, between ticks.
 */
int fairlead_scrub(fairlead_t *fairlead, uint32_t rows, uint32_t *broken);

/*
 * Takes the oldest decision that waits; false when none does. Its slot is the module's again at once.
 * Call from: tick thread, between ticks. A ring left full stops no tick; the module says again what is still wanted.
 */
bool fairlead_drain(fairlead_t *fairlead, fairlead_decided_t *decided);

/*
 * Says what came of a decision: `result` is an OutcomeResult, `detail` whatever helps a reader (an errno).
 * Errors: FULL: no slot until the next tick. Call from: tick thread, between ticks.
 */
int fairlead_outcome(fairlead_t *fairlead, uint32_t incarnation, uint32_t sequence, uint16_t result, uint32_t detail);

/*
 * Posts one sample of a port's counters; the next tick latches it.
 * Errors: NO_ROW; BUSY: the caller interrupted another writer of the same port, its sample is the newer one to keep.
 * Call from: any thread or interrupt, at any time after fairlead_open.
 */
int fairlead_post_port_counters(const fairlead_t *fairlead, uint32_t port, const fairlead_port_counters_t *counters);

/*
 * Posts a row of any latched table: `words` are those behind the sequence word, each a little-endian word of the row as
 * a number; a 64-bit field is two, the low one first.
 * Errors: NO_TABLE: not latched; NO_ROW; BUSY. Call from: any thread or interrupt.
 */
int fairlead_post(const fairlead_t *fairlead, uint32_t table, uint32_t row, const uint32_t *words, uint32_t count);

/* What the directory says of a table. Errors: NO_TABLE. Call from: tick thread. */
int fairlead_table(const fairlead_t *fairlead, uint32_t table, fairlead_table_t *found);

/*
 * Writes one field of 1, 2, 4 or 8 bytes of an input, latched, configuration-staging or header row. It doesn't mark
 * the row changed: set all fields, then call fairlead_changed.
 * Errors: NO_TABLE: not a table that hosts write; NO_ROW; ARGUMENT: size. Call from: tick thread, between ticks.
 */
int fairlead_set(fairlead_t *fairlead, uint32_t table, uint32_t row, uint32_t offset, uint32_t size, uint64_t value);

/* Reads one field of any row. Errors: NO_TABLE, NO_ROW, ARGUMENT. Call from: tick thread, between ticks. */
int fairlead_get(const fairlead_t *fairlead, uint32_t table, uint32_t row, uint32_t offset, uint32_t size,
                 uint64_t *value);

/*
 * A row for the generated accessors (fairlead_SESSION_INPUT_set_…, in lower case); NULL where there is no such row. Write
 * rows of input and staged tables only, then call fairlead_changed for an input row.
 * Call from: tick thread, between ticks.
 */
uint8_t *fairlead_row(fairlead_t *fairlead, uint32_t table, uint32_t row);

/*
 * Copies bytes, little-endian as in a recording, into a row and those behind it.
 * Errors: NO_TABLE, NO_ROW. Call from: tick thread, between ticks.
 */
int fairlead_write(fairlead_t *fairlead, uint32_t table, uint32_t row, uint32_t offset, const void *bytes,
                   uint32_t count);

/*
 * Writes a whole row of an input or staged table; an input row is marked changed. `bytes` are a struct of the generated
 * header on little-endian hosts, or little-endian bytes on any.
 * Errors: NO_TABLE: not such a table; NO_ROW; ARGUMENT: `count` isn't the size of a row. Call from: tick thread,
 * between ticks.
 */
int fairlead_put(fairlead_t *fairlead, uint32_t table, uint32_t row, const void *bytes, uint32_t count);

/* Marks an input row changed, so that the next tick looks at it. Errors: NO_TABLE, NO_ROW. Call from: tick thread. */
int fairlead_changed(fairlead_t *fairlead, uint32_t table, uint32_t row);

/* The module's state as little-endian bytes, from `address`: to keep over a restart. Errors: NO_ROW: past the end.
   Call from: tick thread, between ticks. */
int fairlead_keep(const fairlead_t *fairlead, uint32_t address, void *bytes, uint32_t count);

/*
 * Puts kept bytes back, all but the module's constants; then fairlead_attach decides whether they serve.
 * Errors: NO_ROW. Call from: tick thread, before the first tick.
 */
int fairlead_restore(fairlead_t *fairlead, uint32_t address, const void *bytes, uint32_t count);

/*
 * Carries the state of one module over to another, opened over a memory of its own, for a hot swap: afterwards
 * fairlead_attach(to), and on success use `to` from the next tick on; on a refusal `from` goes on as it was. The
 * mailbox may be the same one.
 * Errors: LAYOUT: the memories differ in size. Call from: tick thread, between ticks.
 */
int fairlead_carry(fairlead_t *to, const fairlead_t *from);

/* English text of an error, for a log. Call from: any. */
const char *fairlead_error_text(int error);

#ifdef __cplusplus
}
#endif

#endif
