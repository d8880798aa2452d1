#include "file.h"

#include <stdio.h>
#include <stdlib.h>

static long size_of(FILE *file) {
  if (fseek(file, 0, SEEK_END)) return -1;
  long size = ftell(file);
  return fseek(file, 0, SEEK_SET) ? -1 : size;
}

uint8_t *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    return NULL;
  }
  long size = size_of(file);
  uint8_t *contents = size < 0 ? NULL : malloc((size_t)size + 1u);
  if (contents && fread(contents, 1, (size_t)size, file) != (size_t)size) {
    free(contents);
    contents = NULL;
  }
  if (!contents) fprintf(stderr, "%s: can't be read\n", path);
  *bytes = contents ? (size_t)size : 0;
  (void)fclose(file);
  return contents;
}
