/*
 * What a module imports, exports and says of its layout, from its sections (WebAssembly core specification 1.0, 5.5).
 * Nothing else of a module is looked into here: its code was signed, and the runtime validates it.
 */
#include <string.h>

#include "fairlead-canonical.h"

#define SECTION_CUSTOM 0u
#define SECTION_IMPORT 2u
#define SECTION_EXPORT 7u
#define SECTION_LAST 12u
#define KIND_FUNCTION 0u
#define KIND_MEMORY 2u
#define KIND_GLOBAL 3u

/* The calls of ABI 1; bit n of `calls` below stands for the n-th. */
static const char *const CALLS[] = {"abiVersion", "attach", "configure", "fairlead_abi_1", "reset", "scrub", "tick"};
#define CALL_COUNT (sizeof(CALLS) / sizeof(CALLS[0]))
/* Where the tables end. */
static const char *const MARKERS[] = {"__data_end", "__heap_base"};
#define MARKER_COUNT (sizeof(MARKERS) / sizeof(MARKERS[0]))

typedef struct facts {
  uint32_t imports;
  bool memory_only;
  uint32_t calls;
  bool strange_export;
  fairlead_text_t layout; /* the contents of the section, or nothing */
} facts_t;

static uint8_t read_byte(fairlead_cursor_t *cursor) {
  if (!cursor->good || cursor->at == cursor->end) {
    cursor->good = false;
    return 0;
  }
  const uint8_t byte = *cursor->at;
  cursor->at += 1;
  return byte;
}

/* LEB128, up to 32 bits. */
static uint32_t read_leb(fairlead_cursor_t *cursor) {
  uint32_t value = 0;
  for (uint32_t shift = 0; shift < 35; shift += 7) {
    const uint8_t byte = read_byte(cursor);
    if (shift == 28 && (byte & 0x70u) != 0) break;
    value |= (uint32_t)(byte & 0x7fu) << shift;
    if ((byte & 0x80u) == 0) return value;
  }
  cursor->good = false;
  return 0;
}

/* The next `count` bytes as a cursor of their own. */
static fairlead_cursor_t take(fairlead_cursor_t *cursor, uint32_t count) {
  fairlead_cursor_t taken = {cursor->at, cursor->at, cursor->good};
  if (!cursor->good || (size_t)(cursor->end - cursor->at) < count) {
    cursor->good = false;
    taken.good = false;
    return taken;
  }
  taken.end = cursor->at + count;
  cursor->at = taken.end;
  return taken;
}

static fairlead_text_t read_name(fairlead_cursor_t *cursor) {
  const fairlead_cursor_t taken = take(cursor, read_leb(cursor));
  const fairlead_text_t name = {(const char *)taken.at, (size_t)(taken.end - taken.at)};
  return name;
}

static void read_limits(fairlead_cursor_t *cursor) {
  const uint8_t flags = read_byte(cursor);
  (void)read_leb(cursor);
  if ((flags & 1u) != 0) (void)read_leb(cursor);
}

/* The description behind an import's name. */
static void skip_import(fairlead_cursor_t *cursor, uint8_t kind) {
  if (kind == KIND_FUNCTION) {
    (void)read_leb(cursor);
  } else if (kind == KIND_MEMORY) {
    read_limits(cursor);
  } else if (kind == KIND_GLOBAL) {
    (void)take(cursor, 2);
  } else if (kind == 1u) {
    (void)read_byte(cursor);
    read_limits(cursor);
  } else {
    cursor->good = false;
  }
}

static void read_imports(fairlead_cursor_t *cursor, facts_t *facts) {
  const uint32_t count = read_leb(cursor);
  for (uint32_t index = 0; index < count && cursor->good; index++) {
    const fairlead_text_t module = read_name(cursor);
    const fairlead_text_t name = read_name(cursor);
    const uint8_t kind = read_byte(cursor);
    skip_import(cursor, kind);
    facts->imports += 1;
    const bool memory = fairlead_text_is(module, "env") && fairlead_text_is(name, "memory") && kind == KIND_MEMORY;
    if (!memory) facts->memory_only = false;
  }
}

static void note_export(facts_t *facts, fairlead_text_t name, uint8_t kind) {
  for (uint32_t call = 0; call < CALL_COUNT && kind == KIND_FUNCTION; call++) {
    if (!fairlead_text_is(name, CALLS[call])) continue;
    facts->calls |= 1u << call;
    return;
  }
  for (uint32_t marker = 0; marker < MARKER_COUNT && kind == KIND_GLOBAL; marker++) {
    if (fairlead_text_is(name, MARKERS[marker])) return;
  }
  facts->strange_export = true;
}

static void read_exports(fairlead_cursor_t *cursor, facts_t *facts) {
  const uint32_t count = read_leb(cursor);
  for (uint32_t index = 0; index < count && cursor->good; index++) {
    const fairlead_text_t name = read_name(cursor);
    const uint8_t kind = read_byte(cursor);
    (void)read_leb(cursor);
    if (cursor->good) note_export(facts, name, kind);
  }
}

static void read_custom(fairlead_cursor_t *cursor, facts_t *facts) {
  const fairlead_text_t name = read_name(cursor);
  if (!cursor->good || !fairlead_text_is(name, "fairlead.layout")) return;
  facts->layout.at = (const char *)cursor->at;
  facts->layout.count = (size_t)(cursor->end - cursor->at);
}

static bool read_sections(const uint8_t *bytes, size_t count, facts_t *facts) {
  static const uint8_t HEAD[8] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00};
  if (count < sizeof(HEAD) || memcmp(bytes, HEAD, sizeof(HEAD)) != 0) return false;
  fairlead_cursor_t cursor = {bytes + sizeof(HEAD), bytes + count, true};
  while (cursor.good && cursor.at < cursor.end) {
    const uint8_t section = read_byte(&cursor);
    fairlead_cursor_t contents = take(&cursor, read_leb(&cursor));
    if (!cursor.good || section > SECTION_LAST) return false;
    if (section == SECTION_CUSTOM) read_custom(&contents, facts);
    if (section == SECTION_IMPORT) read_imports(&contents, facts);
    if (section == SECTION_EXPORT) read_exports(&contents, facts);
    if (!contents.good) return false;
  }
  return cursor.good;
}

/* The section is JSON of one spelling: {"version":1,"profile":0,"hash":"<16 hex digits>"}. */
static bool layout_is(fairlead_text_t section, uint32_t version, fairlead_text_t layout) {
  const uint8_t *const at = (const uint8_t *)section.at;
  fairlead_cursor_t cursor = {at, at + section.count, section.count > 0};
  fairlead_read_literal(&cursor, "{\"version\":");
  const uint32_t found = fairlead_read_count(&cursor, UINT32_MAX);
  fairlead_read_literal(&cursor, ",\"profile\":");
  (void)fairlead_read_count(&cursor, 2);
  fairlead_read_literal(&cursor, ",\"hash\":");
  const fairlead_text_t hash = fairlead_read_text(&cursor, FAIRLEAD_TEXT_LAYOUT);
  fairlead_read_literal(&cursor, "}");
  if (!cursor.good || cursor.at != cursor.end || found != version) return false;
  return hash.count == 16 && fairlead_text_compare(hash, layout) == 0;
}

int fairlead_module_check(const uint8_t *bytes, size_t count, uint32_t layout_version, fairlead_text_t layout) {
  facts_t facts = {0, true, 0, false, {"", 0}};
  if (!read_sections(bytes, count, &facts)) return FAIRLEAD_REFUSED_MODULE_MALFORMED;
  if (facts.imports != 1 || !facts.memory_only) return FAIRLEAD_REFUSED_MODULE_IMPORT;
  const uint32_t all = (1u << CALL_COUNT) - 1u;
  if (facts.calls != all || facts.strange_export) return FAIRLEAD_REFUSED_MODULE_EXPORT;
  return layout_is(facts.layout, layout_version, layout) ? FAIRLEAD_VERIFIED : FAIRLEAD_REFUSED_LAYOUT_MISMATCH;
}
