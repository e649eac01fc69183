/* gbdt_fast.h: the compiled form of an ensemble, for the gbdt_fast*.c files only. */
#ifndef PSN_LEARN_GBDT_FAST_H
#define PSN_LEARN_GBDT_FAST_H

#include <stddef.h>
#include <stdint.h>
#include "learn/gbdt.h"

enum {
    FAST_LINE = 64,        /* bytes of masks read at once: one cache line */
    FAST_ROWS = 32,        /* rows of a block in batch prediction */
    FAST_LEAVES_MAX = 1024 /* trees larger than that are walked */
};

/* A feature that some node asks for. A value becomes a code: the number of edges below
 * it, or the group of a category; then `missing`. */
typedef struct fast_column {
    int32_t feature;
    int32_t category;
    int32_t edges, steps; /* the search reads 2^steps - 1 edges, padded with infinity */
    int64_t edge_at;
    int32_t code_at; /* of code 0 among all codes */
    int32_t groups;  /* codes of a category that are groups; the next is missing */
    int32_t missing; /* code */
    int32_t zero_missing;
} fast_column;

struct psn_gbdt_fast {
    const psn_gbdt *model;
    int32_t masks; /* 0: nothing is compiled, rows walk the nodes */
    int32_t columns;
    fast_column *column;
    double *edges;
    int64_t edge_count;
    int32_t codes;

    int32_t lane_bits, line_lanes, lanes, blocks;
    int32_t single; /* every tree has one lane */
    /* Which line of a block belongs to a code, twice: by code, then block; and the other
     * way round, for many rows at once. */
    uint16_t *by_code, *by_block;
    int64_t *block_line; /* blocks + 1: first line of a block */
    uint8_t *lines;
    int64_t line_count, line_room;
    int32_t *block_first; /* blocks + 1, into block_column: what a block has to look at */
    uint16_t *block_column;
    int32_t *tree_lane; /* trees + 1 */
    int64_t *tree_leaf; /* trees: its first lane x lane_bits */
    double *leaf_value; /* in order of place, room for every bit of a lane */
};

/* gbdt_fast_build.c */
int psn_gbdt_fast_build(psn_gbdt_fast *fast, persona_error *error);

#endif
