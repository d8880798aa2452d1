/* ARM semihosting: files, console, arguments and exit by way of the debugger, here QEMU. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

/* The command line, arguments separated by blanks; 0, or -1 if it doesn't fit. */
int semihosting_arguments(char *line, size_t size);

/* Opens a file for reading; a handle, or -1. */
int semihosting_open(const char *path);

/* Reads up to `count` bytes; returns how many it read. */
size_t semihosting_read(int handle, void *bytes, size_t count);

void semihosting_print(const char *text);

/* Prints a number with so many digits at least: base 10 or 16. */
void semihosting_print_number(uint64_t value, uint32_t base, uint32_t digits);

__attribute__((noreturn)) void semihosting_exit(int code);

#endif
