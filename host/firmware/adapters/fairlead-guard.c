/* Guard pages on POSIX hosts. See fairlead-guard.h. */

#define _DEFAULT_SOURCE

#include "fairlead-guard.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define RESERVED_BYTES ((size_t)FAIRLEAD_GUARD_BYTES)

typedef char needs_64_bit_addresses[sizeof(size_t) >= 8 ? 1 : -1];

void *fairlead_guard_map(size_t memory_bytes) {
  void *memory = mmap(NULL, RESERVED_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  if (mprotect(memory, memory_bytes, PROT_READ | PROT_WRITE) == 0) return memory;
  (void)munmap(memory, RESERVED_BYTES);
  return NULL;
}

void fairlead_guard_unmap(void *memory) { (void)munmap(memory, RESERVED_BYTES); }

/* What was there before: the one thing that a signal handler can only find in a static place. */
static struct sigaction before_segv;
static struct sigaction before_bus;

static void handle_fault(int number, siginfo_t *information, void *context) {
  fairlead_aot_fault(information->si_addr);
  const struct sigaction *before = number == SIGBUS ? &before_bus : &before_segv;
  if (before->sa_flags & SA_SIGINFO) {
    before->sa_sigaction(number, information, context);
  } else if (before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN) {
    (void)sigaction(number, before, NULL); /* the access faults again, and takes its course */
  } else {
    before->sa_handler(number);
  }
}

int fairlead_guard_install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle_fault;
  /* Not blocked: the handler leaves by longjmp. */
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  (void)sigemptyset(&action.sa_mask);
  if (sigaction(SIGSEGV, &action, &before_segv)) return -1;
  return sigaction(SIGBUS, &action, &before_bus);
}
