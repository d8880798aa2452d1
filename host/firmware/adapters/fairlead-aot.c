/* The module compiled to C by wasm2c, as one translation unit with what it needs of a runtime. */

#define NDEBUG /* the generated file asserts only that its runtime is initialized, which this one always is */

#include "fairlead-aot.h"
#include "fairlead-guard.h"
#include "wasm-rt.h"

#ifndef FAIRLEAD_MODULE_C
#error "define FAIRLEAD_MODULE_C as the C file that wasm2c wrote"
#endif
#ifndef FAIRLEAD_STATIC_BYTES
#define FAIRLEAD_STATIC_BYTES 0
#endif
#ifndef FAIRLEAD_AOT_OPEN
#define FAIRLEAD_AOT_OPEN fairlead_aot_open
#endif
#ifndef FAIRLEAD_AOT_FAULT
#define FAIRLEAD_AOT_FAULT fairlead_aot_fault
#endif
#ifndef FAIRLEAD_AOT_THREAD
#if defined(__GNUC__) && defined(__STDC_HOSTED__) && __STDC_HOSTED__ && (defined(__unix__) || defined(__APPLE__))
#define FAIRLEAD_AOT_THREAD static __thread
#else
#define FAIRLEAD_AOT_THREAD static
#endif
#endif

struct w2c_env {
  wasm_rt_memory_t memory;
};

/* A first declaration as static makes the later ones of the generated file static too (C99, 6.2.2). */
struct w2c_fairlead;
static void wasm2c_fairlead_instantiate(struct w2c_fairlead *, struct w2c_env *);
static void wasm2c_fairlead_free(struct w2c_fairlead *);
static wasm_rt_func_type_t wasm2c_fairlead_get_func_type(uint32_t, uint32_t, ...);
static wasm_rt_memory_t *w2c_env_memory(struct w2c_env *);
static uint32_t w2c_fairlead_abiVersion(struct w2c_fairlead *);
static void w2c_fairlead_reset(struct w2c_fairlead *);
static uint32_t w2c_fairlead_configure(struct w2c_fairlead *);
static uint32_t w2c_fairlead_attach(struct w2c_fairlead *);
static uint32_t w2c_fairlead_tick(struct w2c_fairlead *);
static uint32_t w2c_fairlead_scrub(struct w2c_fairlead *, uint32_t);
static void w2c_fairlead_fairlead_abi_1(struct w2c_fairlead *);

/* What can't become static gets the open function's name, so that two versions of the module can be linked. */
#define NAME_OF_ITS_OWN_(open, name) open##_##name
#define NAME_OF_ITS_OWN(open, name) NAME_OF_ITS_OWN_(open, name)
#define wasm2c_fairlead_min_env_memory NAME_OF_ITS_OWN(FAIRLEAD_AOT_OPEN, min_pages)
#define wasm2c_fairlead_max_env_memory NAME_OF_ITS_OWN(FAIRLEAD_AOT_OPEN, max_pages)
#define wasm2c_fairlead_is64_env_memory NAME_OF_ITS_OWN(FAIRLEAD_AOT_OPEN, is64)
#define wasm2c_fairlead_pagesize_env_memory NAME_OF_ITS_OWN(FAIRLEAD_AOT_OPEN, page_bytes)
#define w2c_fairlead_0x5F_heap_base NAME_OF_ITS_OWN(FAIRLEAD_AOT_OPEN, heap_base)
#define w2c_fairlead_0x5F_data_end NAME_OF_ITS_OWN(FAIRLEAD_AOT_OPEN, data_end)

/*
 * wasm2c forces every load to be carried out by an empty assembler statement, so that one whose value isn't used still
 * faults in a guard page. The core's build leaves no such load, and the statements keep the compiler from optimizing:
 * leave them out. The headers of the generated file come first, since they use the keyword too.
 */
#if defined(__GNUC__)
#include <alloca.h>
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__)
#include <stdatomic.h>
#endif
#define __asm__(statement)
#if defined(__OPTIMIZE_SIZE__) && !FAIRLEAD_BOUNDS_GUARD
/* A comparison costs less where it is than as a call with a 64-bit address. */
#define inline inline __attribute__((always_inline))
#endif
#endif

/* Warnings of generated code are wabt's to heed. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include FAIRLEAD_MODULE_C
#if defined(__GNUC__)
#undef __asm__
#undef inline
#pragma GCC diagnostic pop
#endif

/* The call under way in this thread, for the trap to leave; NULL between calls. */
FAIRLEAD_AOT_THREAD fairlead_aot_t *under_way;

static void wasm_rt_trap(wasm_rt_trap_t code) {
  under_way->trap_code = (int)code;
  longjmp(under_way->trap, 1);
}

#if FAIRLEAD_BOUNDS_GUARD && UINTPTR_MAX > UINT32_MAX
void FAIRLEAD_AOT_FAULT(const void *address) {
  if (!under_way) return;
  uintptr_t memory = (uintptr_t)under_way->memory;
  uintptr_t place = (uintptr_t)address;
  if (place >= memory + under_way->memory_bytes && place - memory < FAIRLEAD_GUARD_BYTES) {
    wasm_rt_trap(WASM_RT_TRAP_OOB);
  }
}
#endif

static wasm_rt_memory_t *w2c_env_memory(struct w2c_env *environment) { return &environment->memory; }

static uint32_t enter(w2c_fairlead *instance, fairlead_call_t call, uint32_t argument) {
  switch (call) {
    case FAIRLEAD_CALL_ABI_VERSION:
      return w2c_fairlead_abiVersion(instance);
    case FAIRLEAD_CALL_RESET:
      w2c_fairlead_reset(instance);
      return 0;
    case FAIRLEAD_CALL_CONFIGURE:
      return w2c_fairlead_configure(instance);
    case FAIRLEAD_CALL_TICK:
      return w2c_fairlead_tick(instance);
    case FAIRLEAD_CALL_SCRUB:
      return w2c_fairlead_scrub(instance, argument);
    case FAIRLEAD_CALL_ATTACH:
      return w2c_fairlead_attach(instance);
    default:
      return 0;
  }
}

/* The two below stay apart from the function with setjmp, whose variables they would share if they were inlined. */
#if defined(__GNUC__)
#define APART __attribute__((noinline))
#else
#define APART
#endif

#if FAIRLEAD_STATIC_BYTES

/* The one instance, constant throughout: so are the address and size of its memory in every access. */
#ifdef FAIRLEAD_STATIC_ADDRESS
#define STATIC_MEMORY ((uint8_t *)(uintptr_t)FAIRLEAD_STATIC_ADDRESS)
#else
static union {
  uint8_t bytes[FAIRLEAD_STATIC_BYTES];
  uint64_t aligned;
} static_memory;
#define STATIC_MEMORY static_memory.bytes
#endif
static const wasm_rt_memory_t memory_description = {
    .data = STATIC_MEMORY,
#if WABT_BIG_ENDIAN
    .data_end = STATIC_MEMORY + FAIRLEAD_STATIC_BYTES,
#endif
    .size = FAIRLEAD_STATIC_BYTES};
static const w2c_fairlead the_instance = {.w2c_env_memory = (wasm_rt_memory_t *)(uintptr_t)&memory_description};
#define THE_INSTANCE ((w2c_fairlead *)(uintptr_t)&the_instance)

APART static uint32_t run(const fairlead_aot_t *aot, fairlead_call_t call, uint32_t argument) {
  (void)aot;
  return enter(THE_INSTANCE, call, argument);
}

APART static void instantiate(fairlead_aot_t *aot) {
  aot->memory = STATIC_MEMORY;
  init_memories(THE_INSTANCE);
}

#else

static void describe_memory(const fairlead_aot_t *aot, struct w2c_env *environment) {
  environment->memory.data = aot->memory;
  environment->memory.size = aot->memory_bytes;
#if WABT_BIG_ENDIAN
  environment->memory.data_end = aot->memory + aot->memory_bytes;
#endif
}

typedef char instance_fits[sizeof(w2c_fairlead) <= sizeof(((fairlead_aot_t *)0)->instance) ? 1 : -1];

/* A module without state of its own (no mutable global) can be entered by way of a copy of its instance. */
APART static uint32_t run(const fairlead_aot_t *aot, fairlead_call_t call, uint32_t argument) {
  struct w2c_env environment;
  w2c_fairlead instance;
  describe_memory(aot, &environment);
  memcpy(&instance, aot->instance, sizeof instance);
  instance.w2c_env_memory = &environment.memory;
  return enter(&instance, call, argument);
}

APART static void instantiate(fairlead_aot_t *aot) {
  struct w2c_env environment;
  w2c_fairlead instance;
  memset(&instance, 0, sizeof instance);
  describe_memory(aot, &environment);
  wasm2c_fairlead_instantiate(&instance, &environment);
  memcpy(aot->instance, &instance, sizeof instance);
}

#endif

static int aot_call(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  fairlead_aot_t *aot = context;
  if ((unsigned)call >= FAIRLEAD_CALL_COUNT) return FAIRLEAD_ERROR_ARGUMENT;
  aot->outer = under_way;
  if (setjmp(aot->trap) == 0) {
    under_way = aot;
    *result = run(aot, call, argument);
    under_way = under_way->outer;
    return FAIRLEAD_OK;
  }
  under_way = under_way->outer;
  return FAIRLEAD_ERROR_TRAPPED;
}

/* Copies the data segments, the only part of instantiating that a module without start function has. */
static int write_constants(fairlead_aot_t *aot) {
  aot->outer = under_way;
  if (setjmp(aot->trap) == 0) {
    under_way = aot;
    instantiate(aot);
    under_way = under_way->outer;
    return FAIRLEAD_OK;
  }
  under_way = under_way->outer;
  return FAIRLEAD_ERROR_MODULE;
}

int FAIRLEAD_AOT_OPEN(fairlead_aot_t *aot, void *memory, size_t memory_bytes, fairlead_runtime_t *runtime) {
  if (!aot || !runtime) return FAIRLEAD_ERROR_ARGUMENT;
  if (memory_bytes != wasm2c_fairlead_min_env_memory * 65536u) return FAIRLEAD_ERROR_MODULE;
#if FAIRLEAD_STATIC_BYTES
  if (memory || memory_bytes != FAIRLEAD_STATIC_BYTES) return FAIRLEAD_ERROR_ARGUMENT;
#else
  if (!memory || ((uintptr_t)memory & 7u) != 0) return FAIRLEAD_ERROR_ARGUMENT;
#endif
  memset(aot, 0, sizeof *aot);
  aot->memory = memory;
  aot->memory_bytes = (uint32_t)memory_bytes;
  int error = write_constants(aot);
  if (error) return error;
  runtime->memory = aot->memory;
  runtime->memory_bytes = aot->memory_bytes;
  runtime->mirrored = WABT_BIG_ENDIAN;
  runtime->call = aot_call;
  runtime->context = aot;
  return FAIRLEAD_OK;
}
