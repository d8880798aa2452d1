#include "fairlead-canonical.h"

#include <string.h>

void fairlead_read_literal(fairlead_cursor_t *cursor, const char *literal) {
  const size_t count = strlen(literal);
  if (!cursor->good || (size_t)(cursor->end - cursor->at) < count || memcmp(cursor->at, literal, count) != 0) {
    cursor->good = false;
    return;
  }
  cursor->at += count;
}

bool fairlead_read_if(fairlead_cursor_t *cursor, char byte) {
  if (!cursor->good || cursor->at == cursor->end || *cursor->at != (uint8_t)byte) return false;
  cursor->at += 1;
  return true;
}

static bool is_alphanumeric(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return true;
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* 0 to 15, or -1. */
static int hex_value(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  return -1;
}

static bool is_word(fairlead_text_t text, bool plus) {
  if (text.count < 1 || text.count > 64 || !is_alphanumeric((uint8_t)text.at[0])) return false;
  for (size_t index = 0; index < text.count; index++) {
    const char byte = text.at[index];
    if (is_alphanumeric((uint8_t)byte) || byte == '.' || byte == '_' || byte == '-') continue;
    if (!plus || byte != '+') return false;
  }
  return true;
}

static bool is_layout(fairlead_text_t text) {
  if (text.count != 0 && text.count != 16) return false;
  for (size_t index = 0; index < text.count; index++) {
    if (hex_value((uint8_t)text.at[index]) < 0) return false;
  }
  return true;
}

static bool fits(fairlead_text_t text, fairlead_text_class_t text_class) {
  switch (text_class) {
    case FAIRLEAD_TEXT_WORD: return is_word(text, false);
    case FAIRLEAD_TEXT_VERSION: return is_word(text, true);
    case FAIRLEAD_TEXT_LAYOUT: return is_layout(text);
    case FAIRLEAD_TEXT_ANY: return true;
  }
  return false;
}

fairlead_text_t fairlead_read_text(fairlead_cursor_t *cursor, fairlead_text_class_t text_class) {
  fairlead_text_t text = {"", 0};
  fairlead_read_literal(cursor, "\"");
  if (!cursor->good) return text;
  const uint8_t *const start = cursor->at;
  while (cursor->at < cursor->end && *cursor->at >= 0x20 && *cursor->at <= 0x7e && *cursor->at != '"' &&
         *cursor->at != '\\') {
    cursor->at += 1;
  }
  text.at = (const char *)start;
  text.count = (size_t)(cursor->at - start);
  fairlead_read_literal(cursor, "\"");
  if (cursor->good && !fits(text, text_class)) cursor->good = false;
  return text;
}

uint32_t fairlead_read_count(fairlead_cursor_t *cursor, uint32_t max) {
  uint64_t value = 0;
  uint32_t digits = 0;
  const bool zero = cursor->good && cursor->at < cursor->end && *cursor->at == '0';
  while (cursor->good && cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
    value = value * 10u + (uint64_t)(*cursor->at - '0');
    digits += 1;
    cursor->at += 1;
    if (value > max || (zero && digits > 1)) cursor->good = false;
  }
  if (digits == 0) cursor->good = false;
  return cursor->good ? (uint32_t)value : 0;
}

void fairlead_read_hex(fairlead_cursor_t *cursor, uint8_t *bytes, size_t count) {
  if (!cursor->good || (size_t)(cursor->end - cursor->at) < 2 * count) {
    cursor->good = false;
    return;
  }
  for (size_t index = 0; index < count; index++) {
    const int high = hex_value(cursor->at[0]);
    const int low = hex_value(cursor->at[1]);
    if (high < 0 || low < 0) {
      cursor->good = false;
      return;
    }
    bytes[index] = (uint8_t)(high * 16 + low);
    cursor->at += 2;
  }
}

bool fairlead_text_is(fairlead_text_t text, const char *other) {
  return text.count == strlen(other) && memcmp(text.at, other, text.count) == 0;
}

int fairlead_text_compare(fairlead_text_t one, fairlead_text_t two) {
  const size_t shared = one.count < two.count ? one.count : two.count;
  const int order = memcmp(one.at, two.at, shared);
  if (order != 0 || one.count == two.count) return order;
  return one.count < two.count ? -1 : 1;
}
