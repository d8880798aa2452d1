/*
 * Example of a verifying host on Linux: runs the first of several bundles that verifies, and goes back to the next one
 * when it is refused, traps, or isn't done in time.
 *
 *   fairlead-boot --trust FILE [--kept FILE] [--run PART] [--argument VALUE]... [--confirm-seconds N] BUNDLE...
 *
 * Each BUNDLE is a directory, the newest first. Every part is copied into a sealed memory file and verified there, so
 * that what runs is what was verified; then the executable PART is started from its memory file with the VALUEs. Exit
 * status 0 within N seconds (default 60) confirms it; the last bundle has all the time it wants, since there is nothing
 * to go back to. Without --run the bundles are only verified. As process 1 (the init of an initramfs) it restarts the
 * machine at the end. The kept security counter is a decimal number in a file; a device would keep it where an older
 * image can't be written back.
 *
 * Exit status: 0 a bundle was verified (and ran), 1 none was, 2 wrong arguments. One line is printed for each event.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fairlead-verify.h"

#define FILE_NAME_BYTES 128u
#define COPY_BYTES 65536u
#define LINES_MAX (FAIRLEAD_KEY_MAX * FAIRLEAD_SIGNATURE_LINE_BYTES)
#define EXIT_TIMED_OUT 124
#define ARGUMENT_MAX 16

typedef struct options {
  const char *trust;
  const char *kept;
  const char *run;
  unsigned confirm_seconds;
  char **bundles; /* ended by NULL */
  char *arguments[ARGUMENT_MAX + 2]; /* the program's name first; ended by NULL */
  int argument_count;
} options_t;

/* Bytes of a file as they were at one moment; `descriptor` is a sealed memory file, -1 when there is none. */
typedef struct image {
  int descriptor;
  const uint8_t *bytes;
  size_t count;
} image_t;

/* Storage of one bundle; static, since a stack of firmware would not hold it either. */
static fairlead_manifest_t manifest;
static image_t images[FAIRLEAD_PART_MAX];
static uint8_t copy_buffer[COPY_BYTES];

static void release(image_t *image) {
  if (image->descriptor < 0) return;
  if (image->count > 0) (void)munmap((void *)(uintptr_t)image->bytes, image->count);
  (void)close(image->descriptor);
  image->descriptor = -1;
}

/* Copies at most `most` bytes and one more, by which the caller sees that there were too many. */
static int copy(int from, int to, size_t most) {
  size_t copied = 0;
  while (copied <= most) {
    const ssize_t count = read(from, copy_buffer, sizeof copy_buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) return 0;
    for (ssize_t written = 0; written < count;) {
      const ssize_t step = write(to, copy_buffer + written, (size_t)(count - written));
      if (step < 0) return -1;
      written += step;
    }
    copied += (size_t)count;
  }
  return 0;
}

/* Opens a name below a directory; no component may be a symbolic link. Returns a descriptor or -1. */
static int open_below(int directory, const char *name) {
  char component[FILE_NAME_BYTES];
  int at = dup(directory);
  for (const char *slash = strchr(name, '/'); at >= 0 && slash != NULL; slash = strchr(name, '/')) {
    const size_t count = (size_t)(slash - name);
    if (count >= sizeof component) {
      (void)close(at);
      return -1;
    }
    memcpy(component, name, count);
    component[count] = '\0';
    const int next = openat(at, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    (void)close(at);
    at = next;
    name = slash + 1;
  }
  if (at < 0) return -1;
  const int file = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  (void)close(at);
  return file;
}

/* Copies a plain file into a sealed memory file and maps it; closes `file`. 0, or -1 when it is no plain file. */
static int load(image_t *image, int file, size_t most) {
  struct stat facts;
  image->descriptor = -1;
  if (file < 0) return -1;
  const int memory = memfd_create("fairlead", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const bool bad = memory < 0 || fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) ||
                   copy(file, memory, most) != 0 || fcntl(memory, F_ADD_SEALS, seals) != 0 ||
                   fstat(memory, &facts) != 0;
  (void)close(file);
  void *mapped = MAP_FAILED;
  if (!bad && facts.st_size > 0) mapped = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, memory, 0);
  if (bad || (facts.st_size > 0 && mapped == MAP_FAILED)) {
    if (memory >= 0) (void)close(memory);
    return -1;
  }
  image->descriptor = memory;
  image->count = (size_t)facts.st_size;
  image->bytes = image->count > 0 ? (const uint8_t *)mapped : (const uint8_t *)"";
  return 0;
}

/* The same for a file of the device's own, by its path. */
static int load_path(image_t *image, const char *path, size_t most) {
  return load(image, open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), most);
}

/* The kept security counter; false when the file is no decimal number. */
static bool read_kept(const char *name, uint32_t *kept) {
  image_t image;
  *kept = 0;
  if (name == NULL) return true;
  if (load_path(&image, name, 16) != 0) return false;
  uint64_t value = 0;
  size_t at = 0;
  for (; at < image.count && image.bytes[at] >= '0' && image.bytes[at] <= '9' && at < 11; at++) {
    value = value * 10u + (uint64_t)(image.bytes[at] - '0');
  }
  const bool ended = at == image.count || (at + 1 == image.count && image.bytes[at] == '\n');
  release(&image);
  *kept = (uint32_t)value;
  return at > 0 && ended && value <= UINT32_MAX;
}

static void say_refusal(const char *bundle, int verdict, fairlead_text_t part) {
  printf("fairlead: refused %s: %s%s%.*s\n", bundle, fairlead_verdict_text(verdict), part.count > 0 ? " " : "",
         (int)part.count, part.at);
}

static int verify_manifest(int directory, const fairlead_trust_t *trust, uint32_t kept, image_t *text) {
  image_t lines;
  if (load(text, open_below(directory, "manifest.json"), FAIRLEAD_MANIFEST_BYTES_MAX) != 0) {
    return FAIRLEAD_REFUSED_UNREADABLE;
  }
  if (load(&lines, open_below(directory, "manifest.sig"), LINES_MAX) != 0) {
    return text->count == 0 ? FAIRLEAD_REFUSED_MANIFEST_SIZE : FAIRLEAD_REFUSED_UNSIGNED;
  }
  const int verdict =
      fairlead_manifest_verify(&manifest, trust, kept, text->bytes, text->count, lines.bytes, lines.count);
  release(&lines);
  return verdict;
}

static int verify_part(int directory, uint32_t index) {
  const fairlead_part_t *const part = &manifest.parts[index];
  char name[FAIRLEAD_PART_NAME_MAX + 1];
  memcpy(name, part->name.at, part->name.count);
  name[part->name.count] = '\0';
  if (load(&images[index], open_below(directory, name), part->bytes) != 0) return FAIRLEAD_REFUSED_PART_MISSING;
  return fairlead_part_verify(&manifest, part, images[index].bytes, images[index].count);
}

static void release_parts(void) {
  for (uint32_t index = 0; index < FAIRLEAD_PART_MAX; index++) release(&images[index]);
}

/* Verifies a whole bundle; its parts are in `images` then. The manifest's texts point into `text`. */
static int verify_bundle(const char *bundle, const fairlead_trust_t *trust, uint32_t kept, image_t *text) {
  const fairlead_text_t nothing = {"", 0};
  const int directory = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  text->descriptor = -1;
  int verdict = directory < 0 ? FAIRLEAD_REFUSED_UNREADABLE : verify_manifest(directory, trust, kept, text);
  if (verdict != FAIRLEAD_VERIFIED) say_refusal(bundle, verdict, nothing);
  for (uint32_t index = 0; verdict == FAIRLEAD_VERIFIED && index < manifest.part_count; index++) {
    verdict = verify_part(directory, index);
    if (verdict != FAIRLEAD_VERIFIED) say_refusal(bundle, verdict, manifest.parts[index].name);
  }
  if (directory >= 0) (void)close(directory);
  return verdict;
}

/*
 * Runs an executable from its memory file; 0 seconds are for ever. Returns its exit status, 128 + a signal's number, or
 * EXIT_TIMED_OUT.
 */
static int execute(int descriptor, char *const *arguments, unsigned seconds) {
  static char *environment[] = {NULL};
  int status = 0;
  (void)fflush(stdout);
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    (void)alarm(seconds); /* stays over the execution: SIGALRM ends a program that isn't done */
    (void)syscall(SYS_execveat, descriptor, "", arguments, environment, AT_EMPTY_PATH);
    _exit(127);
  }
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return WTERMSIG(status) == SIGALRM ? EXIT_TIMED_OUT : 128 + WTERMSIG(status);
}

static bool run_bundle(const char *bundle, const options_t *options, bool last) {
  const fairlead_part_t *const part = fairlead_manifest_find(&manifest, options->run);
  const fairlead_text_t missing = {options->run, strlen(options->run)};
  if (part == NULL || part->kind != FAIRLEAD_PART_EXECUTABLE) {
    say_refusal(bundle, FAIRLEAD_REFUSED_PART_MISSING, missing);
    return false;
  }
  const int descriptor = images[part - manifest.parts].descriptor;
  const int status = execute(descriptor, options->arguments, last ? 0 : options->confirm_seconds);
  if (status == 0) printf("fairlead: confirmed %s\n", bundle);
  else if (status == EXIT_TIMED_OUT) printf("fairlead: returned %s: UNCONFIRMED\n", bundle);
  else printf("fairlead: returned %s: TRAPPED (status %d)\n", bundle, status);
  return status == 0;
}

static bool serve(char **bundles, const options_t *options, const fairlead_trust_t *trust, uint32_t kept) {
  const char *const bundle = bundles[0];
  image_t text;
  bool good = verify_bundle(bundle, trust, kept, &text) == FAIRLEAD_VERIFIED;
  if (good) {
    printf("fairlead: verified %s: version %.*s, security counter %u\n", bundle, (int)manifest.version.count,
           manifest.version.at, (unsigned)manifest.security_counter);
    if (options->run != NULL) good = run_bundle(bundle, options, bundles[1] == NULL);
  }
  release_parts();
  release(&text);
  return good;
}

static int boot(const options_t *options) {
  fairlead_trust_t trust;
  image_t text;
  uint32_t kept = 0;
  int verdict = FAIRLEAD_REFUSED_TRUST_MALFORMED;
  if (load_path(&text, options->trust, FAIRLEAD_TRUST_BYTES_MAX) == 0) {
    verdict = fairlead_trust_read(&trust, text.bytes, text.count);
  }
  if (verdict != FAIRLEAD_VERIFIED) {
    printf("fairlead: %s: %s\n", options->trust, fairlead_verdict_text(verdict));
    return 1;
  }
  if (!read_kept(options->kept, &kept)) {
    printf("fairlead: %s: no security counter\n", options->kept);
    return 1;
  }
  for (char **bundle = options->bundles; *bundle != NULL; bundle++) {
    if (serve(bundle, options, &trust, kept)) return 0;
  }
  printf("fairlead: no bundle is in service\n");
  return 1;
}

/* Takes one option; false when it is wrong. */
static bool take_option(options_t *options, const char *name, char *value) {
  if (strcmp(name, "--trust") == 0) options->trust = value;
  else if (strcmp(name, "--kept") == 0) options->kept = value;
  else if (strcmp(name, "--run") == 0) options->run = value;
  else if (strcmp(name, "--confirm-seconds") == 0) options->confirm_seconds = (unsigned)strtoul(value, NULL, 10);
  else if (strcmp(name, "--argument") == 0 && options->argument_count <= ARGUMENT_MAX) {
    options->arguments[options->argument_count] = value;
    options->argument_count += 1;
  } else return false;
  return true;
}

/* Reads the options, then the bundles; false when they are wrong. */
static bool read_options(int count, char **values, options_t *options) {
  int at = 1;
  for (; at + 1 < count && strncmp(values[at], "--", 2) == 0; at += 2) {
    if (!take_option(options, values[at], values[at + 1])) return false;
  }
  options->bundles = &values[at];
  return options->trust != NULL && at < count && options->confirm_seconds > 0;
}

int main(int count, char **values) {
  static char program[] = "fairlead";
  options_t options = {NULL, NULL, NULL, 60, NULL, {program}, 1};
  int status = 2;
  for (uint32_t index = 0; index < FAIRLEAD_PART_MAX; index++) images[index].descriptor = -1;
  if (read_options(count, values, &options)) {
    status = boot(&options);
  } else {
    printf("usage: fairlead-boot --trust FILE [--kept FILE] [--run PART] [--argument VALUE]... [--confirm-seconds N] "
           "BUNDLE...\n");
  }
  (void)fflush(stdout);
  if (getpid() == 1) {
    sync();
    (void)reboot(RB_AUTOBOOT);
  }
  return status;
}
