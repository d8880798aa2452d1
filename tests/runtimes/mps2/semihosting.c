/* ARM semihosting (Arm semihosting specification, release 2.0): an operation in r0, its parameters' address in r1. */

#include "semihosting.h"

#include <string.h>

enum { SYS_OPEN = 0x01, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20 };
#define OPEN_READ_BINARY 1u
#define APPLICATION_EXIT 0x20026u

static uint32_t semihosting(uint32_t operation, const void *parameters) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = parameters;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

int semihosting_arguments(char *line, size_t size) {
  uintptr_t parameters[2] = {(uintptr_t)line, size};
  return semihosting(SYS_GET_CMDLINE, parameters) == 0 ? 0 : -1;
}

int semihosting_open(const char *path) {
  uintptr_t parameters[3] = {(uintptr_t)path, OPEN_READ_BINARY, strlen(path)};
  return (int)semihosting(SYS_OPEN, parameters);
}

size_t semihosting_read(int handle, void *bytes, size_t count) {
  uintptr_t parameters[3] = {(uintptr_t)handle, (uintptr_t)bytes, count};
  return count - semihosting(SYS_READ, parameters);
}

void semihosting_print(const char *text) { (void)semihosting(SYS_WRITE0, text); }

void semihosting_print_number(uint64_t value, uint32_t base, uint32_t digits) {
  char text[24];
  uint32_t place = sizeof text;
  text[--place] = '\0';
  while (place > 0 && (value != 0 || digits > 0)) {
    text[--place] = "0123456789abcdef"[value % base];
    value /= base;
    if (digits > 0) digits--;
  }
  semihosting_print(text + place);
}

void semihosting_exit(int code) {
  uintptr_t parameters[2] = {APPLICATION_EXIT, (uintptr_t)code};
  for (;;) (void)semihosting(SYS_EXIT_EXTENDED, parameters);
}
