/* One way to open a module, whatever the runtime that the program was compiled for. */
#ifndef OPEN_H
#define OPEN_H

#include <stddef.h>

#include "fairlead-runtime.h"

/*
 * Opens the module. Interpreters load it from `path`; ahead-of-time programs have it in them. `version` 1 is another
 * build of it, for programs that were linked with two. Prints what went wrong; NULL or the runtime's name.
 */
const char *open_module(const char *path, int version, fairlead_runtime_t *runtime);

/* Gives back what open_module took. */
void close_modules(void);

#endif
