/* mutate_dice.h: what the mutators share: the fuzzer's own mutation, and dice of a seed.
 */
#ifndef TESTS_FUZZ_MUTATE_DICE_H
#define TESTS_FUZZ_MUTATE_DICE_H

#include <stddef.h>
#include <stdint.h>

/* Absent when a corpus is only replayed. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size,
                                              size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed);

typedef struct mutate_dice {
    uint32_t state;
} mutate_dice;

static inline uint32_t mutate_roll(mutate_dice *dice, uint32_t sides)
{
    dice->state = dice->state * 1664525u + 1013904223u;
    return sides == 0 ? 0 : (dice->state >> 8) % sides;
}

#endif
