/* Start-up code of a Cortex-M3: vectors, data, a painted stack, main. */

#include <stdint.h>

#include "board.h"
#include "semihosting.h"

extern uint32_t tables_start[], tables_end[];
extern uint32_t data_start[], data_end[], data_image[], bss_start[], bss_end[], stack_limit[], stack_top[];

int main(void);
void reset_handler(void);

/* Anything unforeseen ends the run with a message and the address it came from. */
static void fault_handler(void) {
  semihosting_print("fault\n");
  semihosting_exit(70);
}

/* Programs that use the timer define their own. */
__attribute__((weak)) void timer_handler(void) { fault_handler(); }

typedef void (*vector_t)(void);
__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    (vector_t)(uintptr_t)stack_top,
    reset_handler,
    fault_handler, /* NMI */
    fault_handler, /* hard fault */
    fault_handler, /* memory management */
    fault_handler, /* bus fault */
    fault_handler, /* usage fault */
    0,
    0,
    0,
    0,
    fault_handler, /* SVCall */
    fault_handler, /* debug monitor */
    0,
    fault_handler, /* PendSV */
    timer_handler, /* SysTick */
};

#define STACK_PAINT 0xa5a5a5a5u

__attribute__((noinline)) static void paint_stack(void) {
  const uint32_t *here = __builtin_frame_address(0);
  for (volatile uint32_t *word = stack_limit; word < here - 8; word++) *word = STACK_PAINT;
}

uint32_t board_stack_used_bytes(const void *frame) {
  const volatile uint32_t *word = stack_limit;
  while (word < stack_top && *word == STACK_PAINT) word++;
  return (uint32_t)((uintptr_t)frame - (uintptr_t)word);
}

/* SysTick (ARMv7-M Architecture Reference Manual, B3.3), from the processor's clock. */
#define SYST_CSR (*(volatile uint32_t *)0xe000e010u)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014u)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018u)

void board_timer_start(uint32_t period_cycles) {
  SYST_RVR = period_cycles - 1u;
  SYST_CVR = 0;
  SYST_CSR = 7u;
}

void board_timer_period(uint32_t period_cycles) { SYST_RVR = period_cycles - 1u; }

void board_cycles_start(void) {
  SYST_RVR = 0xffffffu;
  SYST_CVR = 0;
  SYST_CSR = 5u;
}

uint32_t board_cycles_left(void) { return SYST_CVR; }

void board_timer_stop(void) { SYST_CSR = 0; }

void reset_handler(void) {
  const uint32_t *from = data_image;
  for (uint32_t *to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t *word = bss_start; word < bss_end; word++) *word = 0;
  for (uint32_t *word = tables_start; word < tables_end; word++) *word = 0;
  paint_stack();
  semihosting_exit(main());
}
