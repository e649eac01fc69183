/* mutate_text.h: changes text models where it matters. Blind changes of bytes mostly die
 * at the first key; this one knows words: it exchanges, repeats and drops them, makes
 * numbers that like to break things, and puts in words that such files have. */
#ifndef TESTS_FUZZ_MUTATE_TEXT_H
#define TESTS_FUZZ_MUTATE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mutate_dice.h"

static const char *const mutate_numbers[] = {"0",
                                             "1",
                                             "-1",
                                             "2",
                                             "3",
                                             "-2",
                                             "-3",
                                             "31",
                                             "32",
                                             "33",
                                             "63",
                                             "64",
                                             "65",
                                             "127",
                                             "255",
                                             "256",
                                             "65535",
                                             "65536",
                                             "0.5",
                                             "-0.0",
                                             "1e300",
                                             "-1e300",
                                             "1e-320",
                                             "nan",
                                             "inf",
                                             "-inf",
                                             "1e999",
                                             "4294967295",
                                             "2147483647",
                                             "-2147483648",
                                             "2147483646",
                                             "9223372036854775807",
                                             "18446744073709551616",
                                             "16777216",
                                             "1048576"};
static const char *const mutate_words[] = {"binary",
                                           "multiclass",
                                           "regression",
                                           "quantile",
                                           "tweedie",
                                           "lambdarank",
                                           "custom",
                                           "sigmoid:2",
                                           "tweedie_variance_power:1.5",
                                           "average_output",
                                           "is_linear=1",
                                           "num_cat=1",
                                           "Tree=1",
                                           "end of trees",
                                           "cat_boundaries=0 1",
                                           "cat_threshold=6",
                                           "binary:logistic",
                                           "multi:softprob",
                                           "count:poisson",
                                           "reg:tweedie",
                                           "rank:ndcg",
                                           "weight_drop",
                                           "num_class",
                                           "num_target",
                                           "num_feature",
                                           "categories",
                                           "categories_nodes",
                                           "categories_sizes",
                                           "categories_segments",
                                           "split_type",
                                           "default_left",
                                           "true",
                                           "false",
                                           "null",
                                           "[]",
                                           "{}",
                                           "\\u0000",
                                           "\\ud83d",
                                           "\"",
                                           "[[[[",
                                           "]",
                                           "}",
                                           "\n",
                                           " ",
                                           "=",
                                           ",",
                                           ":"};

static inline int mutate_in_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_' || c == '.' || c == '-' || c == '+';
}

typedef struct mutate_span {
    size_t at, length;
} mutate_span;

/* A word at or after a random place; numbers are looked for a while. */
static inline mutate_span mutate_find(const uint8_t *data, size_t size, int number,
                                      mutate_dice *dice)
{
    mutate_span word = {0, 0};
    for (int turn = 0; turn < 8 && size > 0; turn++) {
        size_t at = mutate_roll(dice, (uint32_t)size);
        while (at > 0 && mutate_in_word(data[at - 1])) at--;
        while (at < size && !mutate_in_word(data[at])) at++;
        word.at = at;
        while (at < size && mutate_in_word(data[at])) at++;
        word.length = at - word.at;
        const uint8_t first = word.length > 0 ? data[word.at] : 'x';
        if (!number || first == '-' || (first >= '0' && first <= '9')) break;
    }
    return word;
}

/* Puts `length` bytes in place of a span; the new size, the old one if there is no room.
 */
static inline size_t mutate_put(uint8_t *data, size_t size, size_t max_size,
                                mutate_span span, const void *bytes, size_t length)
{
    if (size - span.length + length > max_size) return size;
    memmove(data + span.at + length, data + span.at + span.length,
            size - span.at - span.length);
    memcpy(data + span.at, bytes, length);
    return size - span.length + length;
}

static inline size_t mutate_number(uint8_t *data, size_t size, size_t max_size,
                                   mutate_dice *dice)
{
    char text[32];
    const mutate_span span = mutate_find(data, size, 1, dice);
    const size_t known = sizeof mutate_numbers / sizeof *mutate_numbers;
    const char *to = mutate_numbers[mutate_roll(dice, (uint32_t)known)];
    if (mutate_roll(dice, 2) == 0 &&
        span.length < sizeof text) { /* near to what it was */
        memcpy(text, data + span.at, span.length);
        text[span.length] = '\0';
        const uint64_t number = (uint64_t)strtoll(text, NULL, 10);
        snprintf(text, sizeof text, "%lld",
                 (long long)(number + mutate_roll(dice, 5) - 2));
        to = text;
    }
    return mutate_put(data, size, max_size, span, to, strlen(to));
}

/* A stretch from one separator to another: words, a list, lines. */
static inline mutate_span mutate_stretch(const uint8_t *data, size_t size,
                                         mutate_dice *dice)
{
    mutate_span span = mutate_find(data, size, 0, dice);
    size_t most = (size_t)1 << mutate_roll(dice, 8);
    while (most-- > 0 && span.at + span.length < size) span.length++;
    while (span.at + span.length < size && mutate_in_word(data[span.at + span.length]))
        span.length++;
    return span;
}

static inline size_t mutate_once(uint8_t *data, size_t size, size_t max_size,
                                 mutate_dice *dice)
{
    uint8_t copy[512];
    const size_t known = sizeof mutate_words / sizeof *mutate_words;
    const char *word = mutate_words[mutate_roll(dice, (uint32_t)known)];
    mutate_span from, to;
    switch (mutate_roll(dice, 8)) {
    case 0: /* a word that such files have, in place of one or before it */
        to = mutate_find(data, size, 0, dice);
        if (mutate_roll(dice, 2) == 0) to.length = 0;
        return mutate_put(data, size, max_size, to, word, strlen(word));
    case 1: /* a stretch goes */
        return mutate_put(data, size, max_size, mutate_stretch(data, size, dice), "", 0);
    case 2: /* comes again elsewhere */
    case 3: /* in place of another */
        from = mutate_stretch(data, size, dice);
        if (from.length > sizeof copy) from.length = sizeof copy;
        memcpy(copy, data + from.at, from.length);
        to = mutate_roll(dice, 2) ? mutate_find(data, size, 0, dice)
                                  : mutate_stretch(data, size, dice);
        return mutate_put(data, size, max_size, to, copy, from.length);
    case 4: /* any bytes */
        return LLVMFuzzerMutate(data, size, max_size);
    default:
        return mutate_number(data, size, max_size, dice);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    mutate_dice dice = {seed};
    if (size < 2) return LLVMFuzzerMutate(data, size, max_size);
    size_t length = size - 1; /* the first byte tells the format */
    for (uint32_t n = 1 + mutate_roll(&dice, 4); n > 0 && length > 0; n--)
        length = mutate_once(data + 1, length, max_size - 1, &dice);
    return length + 1;
}

#endif
