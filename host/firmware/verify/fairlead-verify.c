#include "fairlead-verify.h"

#include <string.h>

#include "fairlead-canonical.h"

static const char *const VERDICTS[] = {
    "VERIFIED",          "UNREADABLE",        "TRUST_MALFORMED",     "UNSIGNED",          "SIGNATURE_MALFORMED",
    "SIGNATURE_UNTRUSTED", "SIGNATURE_INVALID", "THRESHOLD_NOT_MET", "MANIFEST_SIZE",     "MANIFEST_MALFORMED",
    "FORMAT_UNKNOWN",    "PRODUCT_MISMATCH",  "HARDWARE_MISMATCH",   "ABI_MISMATCH",      "LAYOUT_MISMATCH",
    "COUNTER_TOO_OLD",   "PART_NAME",         "PART_DUPLICATE",      "PART_MISSING",      "PART_SIZE",
    "PART_HASH",         "PART_UNEXPECTED",   "MODULE_MISSING",      "MODULE_MALFORMED",  "MODULE_IMPORT",
    "MODULE_EXPORT",
};

const char *fairlead_verdict_text(int verdict) {
  const int count = (int)(sizeof(VERDICTS) / sizeof(VERDICTS[0]));
  return verdict > 0 || verdict <= -count ? "UNKNOWN" : VERDICTS[-verdict];
}

/* Keys ascend, so none stands twice. */
static void read_keys(fairlead_cursor_t *cursor, fairlead_trust_t *trust) {
  fairlead_read_literal(cursor, "[");
  do {
    if (trust->key_count == FAIRLEAD_KEY_MAX) cursor->good = false;
    if (!cursor->good) return;
    uint8_t *const key = trust->keys[trust->key_count];
    fairlead_read_literal(cursor, "\"");
    fairlead_read_hex(cursor, key, 32);
    fairlead_read_literal(cursor, "\"");
    if (trust->key_count > 0 && memcmp(trust->keys[trust->key_count - 1], key, 32) >= 0) cursor->good = false;
    trust->key_count += 1;
  } while (fairlead_read_if(cursor, ','));
  fairlead_read_literal(cursor, "]");
}

int fairlead_trust_read(fairlead_trust_t *trust, const uint8_t *bytes, size_t count) {
  fairlead_cursor_t cursor = {bytes, bytes + count, count <= FAIRLEAD_TRUST_BYTES_MAX};
  memset(trust, 0, sizeof *trust);
  fairlead_read_literal(&cursor, "{\"format\":\"fairlead-trust-1\",\"hardwareClass\":");
  trust->hardware_class = fairlead_read_text(&cursor, FAIRLEAD_TEXT_WORD);
  fairlead_read_literal(&cursor, ",\"keys\":");
  read_keys(&cursor, trust);
  fairlead_read_literal(&cursor, ",\"minimumSecurityCounter\":");
  trust->minimum_counter = fairlead_read_count(&cursor, UINT32_MAX);
  fairlead_read_literal(&cursor, ",\"product\":");
  trust->product = fairlead_read_text(&cursor, FAIRLEAD_TEXT_WORD);
  fairlead_read_literal(&cursor, ",\"threshold\":");
  trust->threshold = fairlead_read_count(&cursor, FAIRLEAD_KEY_MAX);
  fairlead_read_literal(&cursor, "}");
  const bool whole = cursor.good && cursor.at == cursor.end;
  if (!whole || trust->threshold < 1 || trust->threshold > trust->key_count) return FAIRLEAD_REFUSED_TRUST_MALFORMED;
  return FAIRLEAD_VERIFIED;
}

/* The place of a key in the trust store, or its key_count. */
static uint32_t find_key(const fairlead_trust_t *trust, const uint8_t key[32]) {
  uint32_t index = 0;
  while (index < trust->key_count && memcmp(trust->keys[index], key, 32) != 0) index += 1;
  return index;
}

static bool read_signature(const uint8_t *line, uint8_t key[32], uint8_t signature[64]) {
  fairlead_cursor_t cursor = {line, line + FAIRLEAD_SIGNATURE_LINE_BYTES, true};
  fairlead_read_hex(&cursor, key, 32);
  fairlead_read_literal(&cursor, " ");
  fairlead_read_hex(&cursor, signature, 64);
  fairlead_read_literal(&cursor, "\n");
  return cursor.good;
}

/* All lines are read before the first is checked, so that a malformed file is said to be one. */
static int read_all_signatures(const uint8_t *lines, size_t line_bytes) {
  uint8_t key[32];
  uint8_t signature[64];
  if (line_bytes == 0) return FAIRLEAD_REFUSED_UNSIGNED;
  const bool whole = line_bytes % FAIRLEAD_SIGNATURE_LINE_BYTES == 0;
  if (!whole || line_bytes > FAIRLEAD_KEY_MAX * FAIRLEAD_SIGNATURE_LINE_BYTES) {
    return FAIRLEAD_REFUSED_SIGNATURE_MALFORMED;
  }
  for (size_t at = 0; at < line_bytes; at += FAIRLEAD_SIGNATURE_LINE_BYTES) {
    if (!read_signature(lines + at, key, signature)) return FAIRLEAD_REFUSED_SIGNATURE_MALFORMED;
  }
  return FAIRLEAD_VERIFIED;
}

static int check_signatures(const fairlead_trust_t *trust, const uint8_t *bytes, size_t count, const uint8_t *lines,
                            size_t line_bytes) {
  bool counted[FAIRLEAD_KEY_MAX + 1] = {false};
  uint32_t signers = 0;
  const int read = read_all_signatures(lines, line_bytes);
  if (read != FAIRLEAD_VERIFIED) return read;
  for (size_t at = 0; at < line_bytes; at += FAIRLEAD_SIGNATURE_LINE_BYTES) {
    uint8_t key[32];
    uint8_t signature[64];
    (void)read_signature(lines + at, key, signature);
    const uint32_t index = find_key(trust, key);
    if (index == trust->key_count || counted[index]) continue;
    if (fairlead_ed25519_check(signature, key, bytes, count) != 0) return FAIRLEAD_REFUSED_SIGNATURE_INVALID;
    counted[index] = true;
    signers += 1;
  }
  if (signers == 0) return FAIRLEAD_REFUSED_SIGNATURE_UNTRUSTED;
  return signers < trust->threshold ? FAIRLEAD_REFUSED_THRESHOLD_NOT_MET : FAIRLEAD_VERIFIED;
}

static fairlead_part_kind_t read_kind(fairlead_cursor_t *cursor) {
  static const char *const KINDS[] = {"document", "executable", "header", "module", "object", "sbom", "source"};
  const fairlead_text_t text = fairlead_read_text(cursor, FAIRLEAD_TEXT_ANY);
  for (size_t kind = 0; kind < sizeof(KINDS) / sizeof(KINDS[0]); kind++) {
    if (fairlead_text_is(text, KINDS[kind])) return (fairlead_part_kind_t)kind;
  }
  cursor->good = false;
  return FAIRLEAD_PART_DOCUMENT;
}

static void read_part(fairlead_cursor_t *cursor, fairlead_part_t *part) {
  fairlead_read_literal(cursor, "{\"bytes\":");
  part->bytes = fairlead_read_count(cursor, FAIRLEAD_PART_BYTES_MAX);
  fairlead_read_literal(cursor, ",\"kind\":");
  part->kind = read_kind(cursor);
  fairlead_read_literal(cursor, ",\"layout\":");
  part->layout = fairlead_read_text(cursor, FAIRLEAD_TEXT_LAYOUT);
  fairlead_read_literal(cursor, ",\"name\":");
  part->name = fairlead_read_text(cursor, FAIRLEAD_TEXT_ANY);
  fairlead_read_literal(cursor, ",\"sha256\":\"");
  fairlead_read_hex(cursor, part->sha256, 32);
  fairlead_read_literal(cursor, "\",\"target\":");
  part->target = fairlead_read_text(cursor, FAIRLEAD_TEXT_WORD);
  fairlead_read_literal(cursor, "}");
}

static void read_parts(fairlead_cursor_t *cursor, fairlead_manifest_t *manifest) {
  fairlead_read_literal(cursor, "[");
  do {
    if (manifest->part_count == FAIRLEAD_PART_MAX) cursor->good = false;
    if (!cursor->good) return;
    read_part(cursor, &manifest->parts[manifest->part_count]);
    manifest->part_count += 1;
  } while (fairlead_read_if(cursor, ','));
  fairlead_read_literal(cursor, "]");
}

/* What the manifest says beside `manifest`'s own fields. */
typedef struct purpose {
  fairlead_text_t format;
  uint32_t abi;
} purpose_t;

static bool read_manifest(fairlead_manifest_t *manifest, purpose_t *purpose, const uint8_t *bytes, size_t count) {
  fairlead_cursor_t cursor = {bytes, bytes + count, true};
  memset(manifest, 0, sizeof *manifest);
  fairlead_read_literal(&cursor, "{\"abi\":");
  purpose->abi = fairlead_read_count(&cursor, UINT32_MAX);
  fairlead_read_literal(&cursor, ",\"format\":");
  purpose->format = fairlead_read_text(&cursor, FAIRLEAD_TEXT_ANY);
  fairlead_read_literal(&cursor, ",\"hardwareClass\":");
  manifest->hardware_class = fairlead_read_text(&cursor, FAIRLEAD_TEXT_WORD);
  fairlead_read_literal(&cursor, ",\"layoutVersion\":");
  manifest->layout_version = fairlead_read_count(&cursor, UINT32_MAX);
  fairlead_read_literal(&cursor, ",\"parts\":");
  read_parts(&cursor, manifest);
  fairlead_read_literal(&cursor, ",\"product\":");
  manifest->product = fairlead_read_text(&cursor, FAIRLEAD_TEXT_WORD);
  fairlead_read_literal(&cursor, ",\"securityCounter\":");
  manifest->security_counter = fairlead_read_count(&cursor, UINT32_MAX);
  fairlead_read_literal(&cursor, ",\"version\":");
  manifest->version = fairlead_read_text(&cursor, FAIRLEAD_TEXT_VERSION);
  fairlead_read_literal(&cursor, "}");
  return cursor.good && cursor.at == cursor.end;
}

static bool is_component_byte(char byte, bool first) {
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  if (letter || (byte >= '0' && byte <= '9') || byte == '_') return true;
  return !first && (byte == '.' || byte == '+' || byte == '-');
}

/* Plain components, none beginning with a dot: such a name can't leave the bundle. */
static bool is_part_name(fairlead_text_t name) {
  bool first = true;
  if (name.count > FAIRLEAD_PART_NAME_MAX) return false;
  if (fairlead_text_is(name, "manifest.json") || fairlead_text_is(name, "manifest.sig")) return false;
  for (size_t index = 0; index < name.count; index++) {
    if (!first && name.at[index] == '/') {
      first = true;
      continue;
    }
    if (!is_component_byte(name.at[index], first)) return false;
    first = false;
  }
  return !first;
}

/* Whether the name of one part is also a folder of another's. */
static bool is_folder_of(fairlead_text_t folder, fairlead_text_t name) {
  if (name.count <= folder.count || name.at[folder.count] != '/') return false;
  return memcmp(name.at, folder.at, folder.count) == 0;
}

static int check_name(const fairlead_manifest_t *manifest, uint32_t index) {
  const fairlead_text_t name = manifest->parts[index].name;
  if (!is_part_name(name)) return FAIRLEAD_REFUSED_PART_NAME;
  for (uint32_t other = 0; other < index; other++) {
    if (fairlead_text_compare(manifest->parts[other].name, name) == 0) return FAIRLEAD_REFUSED_PART_DUPLICATE;
  }
  const bool ascends = index == 0 || fairlead_text_compare(manifest->parts[index - 1].name, name) < 0;
  return ascends ? FAIRLEAD_VERIFIED : FAIRLEAD_REFUSED_MANIFEST_MALFORMED;
}

static int check_names(const fairlead_manifest_t *manifest) {
  for (uint32_t index = 0; index < manifest->part_count; index++) {
    const int verdict = check_name(manifest, index);
    if (verdict != FAIRLEAD_VERIFIED) return verdict;
  }
  for (uint32_t one = 0; one < manifest->part_count; one++) {
    for (uint32_t two = 0; two < manifest->part_count; two++) {
      if (is_folder_of(manifest->parts[one].name, manifest->parts[two].name)) return FAIRLEAD_REFUSED_PART_NAME;
    }
  }
  return FAIRLEAD_VERIFIED;
}

static bool has_module(const fairlead_manifest_t *manifest) {
  for (uint32_t index = 0; index < manifest->part_count; index++) {
    if (manifest->parts[index].kind == FAIRLEAD_PART_MODULE) return true;
  }
  return false;
}

static int check_purpose(const fairlead_manifest_t *manifest, const fairlead_trust_t *trust, uint32_t kept_counter,
                         uint32_t abi) {
  const uint32_t least = kept_counter > trust->minimum_counter ? kept_counter : trust->minimum_counter;
  if (fairlead_text_compare(manifest->product, trust->product) != 0) return FAIRLEAD_REFUSED_PRODUCT_MISMATCH;
  if (fairlead_text_compare(manifest->hardware_class, trust->hardware_class) != 0) {
    return FAIRLEAD_REFUSED_HARDWARE_MISMATCH;
  }
  if (abi != FAIRLEAD_BUNDLE_ABI) return FAIRLEAD_REFUSED_ABI_MISMATCH;
  if (manifest->security_counter < least) return FAIRLEAD_REFUSED_COUNTER_TOO_OLD;
  return has_module(manifest) ? FAIRLEAD_VERIFIED : FAIRLEAD_REFUSED_MODULE_MISSING;
}

int fairlead_manifest_verify(fairlead_manifest_t *manifest, const fairlead_trust_t *trust, uint32_t kept_counter,
                             const uint8_t *bytes, size_t count, const uint8_t *lines, size_t line_bytes) {
  purpose_t purpose;
  if (count == 0 || count > FAIRLEAD_MANIFEST_BYTES_MAX) return FAIRLEAD_REFUSED_MANIFEST_SIZE;
  const int signatures = check_signatures(trust, bytes, count, lines, line_bytes);
  if (signatures != FAIRLEAD_VERIFIED) return signatures;
  if (!read_manifest(manifest, &purpose, bytes, count)) return FAIRLEAD_REFUSED_MANIFEST_MALFORMED;
  if (!fairlead_text_is(purpose.format, "fairlead-bundle-1")) return FAIRLEAD_REFUSED_FORMAT_UNKNOWN;
  const int names = check_names(manifest);
  if (names != FAIRLEAD_VERIFIED) return names;
  return check_purpose(manifest, trust, kept_counter, purpose.abi);
}

const fairlead_part_t *fairlead_manifest_find(const fairlead_manifest_t *manifest, const char *name) {
  for (uint32_t index = 0; index < manifest->part_count; index++) {
    if (fairlead_text_is(manifest->parts[index].name, name)) return &manifest->parts[index];
  }
  return NULL;
}

void fairlead_part_begin(fairlead_part_check_t *check, const fairlead_part_t *part) {
  check->part = part;
  check->seen = 0;
  fairlead_sha256_begin(&check->hash);
}

void fairlead_part_update(fairlead_part_check_t *check, const uint8_t *bytes, size_t count) {
  check->seen += count;
  fairlead_sha256_update(&check->hash, bytes, count);
}

int fairlead_part_end(fairlead_part_check_t *check) {
  uint8_t digest[32];
  if (check->seen != check->part->bytes) return FAIRLEAD_REFUSED_PART_SIZE;
  fairlead_sha256_end(&check->hash, digest);
  return memcmp(digest, check->part->sha256, 32) == 0 ? FAIRLEAD_VERIFIED : FAIRLEAD_REFUSED_PART_HASH;
}

int fairlead_part_verify(const fairlead_manifest_t *manifest, const fairlead_part_t *part, const uint8_t *bytes,
                         size_t count) {
  fairlead_part_check_t check;
  if (count != part->bytes) return FAIRLEAD_REFUSED_PART_SIZE; /* before a long hash is computed for nothing */
  fairlead_part_begin(&check, part);
  fairlead_part_update(&check, bytes, count);
  const int verdict = fairlead_part_end(&check);
  if (verdict != FAIRLEAD_VERIFIED || part->kind != FAIRLEAD_PART_MODULE) return verdict;
  return fairlead_module_check(bytes, count, manifest->layout_version, part->layout);
}
