/* Holds one thread of another process still until this program ends: `hold THREAD`. Says `held` once it stands. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(const char *what, long result) {
  if (result >= 0) return;
  perror(what);
  exit(1);
}

int main(int count, char **words) {
  if (count != 2) return 2;
  pid_t thread = (pid_t)atoi(words[1]);
  check("seize", ptrace(PTRACE_SEIZE, thread, 0, 0));
  check("interrupt", ptrace(PTRACE_INTERRUPT, thread, 0, 0));
  check("wait", waitpid(thread, NULL, __WALL));
  puts("held");
  fflush(stdout);
  for (;;) pause();
}
