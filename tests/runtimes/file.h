/* A whole file in memory. */
#ifndef FILE_H
#define FILE_H

#include <stddef.h>
#include <stdint.h>

/* The caller frees it; NULL with a message on stderr. */
uint8_t *read_file(const char *path, size_t *bytes);

#endif
