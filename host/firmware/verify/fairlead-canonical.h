/*
 * Reads canonical JSON (RFC 8785; printable ASCII without escapes, integers): since a value has one spelling, the
 * reader knows every next byte but the values', and any other byte is an error. Private to the verifier.
 */
#ifndef FAIRLEAD_CANONICAL_H
#define FAIRLEAD_CANONICAL_H

#include <stdbool.h>

#include "fairlead-verify.h"

/* A place in a text; `good` is false once anything was not as it must be, and nothing is read any more. */
typedef struct fairlead_cursor {
  const uint8_t *at;
  const uint8_t *end;
  bool good;
} fairlead_cursor_t;

/* Which texts a field takes. */
typedef enum fairlead_text_class {
  FAIRLEAD_TEXT_ANY,     /* any plain text */
  FAIRLEAD_TEXT_WORD,    /* letters, digits, . _ -, 1 to 64 */
  FAIRLEAD_TEXT_VERSION, /* and + */
  FAIRLEAD_TEXT_LAYOUT   /* 16 lower-case hex digits, or nothing */
} fairlead_text_class_t;

/* Exactly these bytes. */
void fairlead_read_literal(fairlead_cursor_t *cursor, const char *literal);
/* Whether the next byte is this one; it is taken then. */
bool fairlead_read_if(fairlead_cursor_t *cursor, char byte);
/* A text in quotes. */
fairlead_text_t fairlead_read_text(fairlead_cursor_t *cursor, fairlead_text_class_t text_class);
/* An integer from 0 to `max`, without leading zeros. */
uint32_t fairlead_read_count(fairlead_cursor_t *cursor, uint32_t max);
/* `count` bytes as twice as many lower-case hex digits, without quotes. */
void fairlead_read_hex(fairlead_cursor_t *cursor, uint8_t *bytes, size_t count);

bool fairlead_text_is(fairlead_text_t text, const char *other);
/* Below, equal to or above 0, as the bytes of two texts compare. */
int fairlead_text_compare(fairlead_text_t one, fairlead_text_t two);

#endif
