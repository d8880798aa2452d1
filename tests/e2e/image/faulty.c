/* Programs of bundles that are rightly signed and don't work: FAULT 1 traps, FAULT 2 never confirms. */
#include <unistd.h>

int main(void) {
#if FAULT == 1
  __builtin_trap();
#else
  for (;;) (void)pause();
#endif
}
