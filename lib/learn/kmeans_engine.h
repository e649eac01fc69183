/* kmeans_engine.h: what the parts of k-means share: the workers' scratch and the state of
 * one clustering (centres, sums, labels, bounds). */
#ifndef PSN_LEARN_KMEANS_ENGINE_H
#define PSN_LEARN_KMEANS_ENGINE_H

#include "learn/kmeans_kernel.h"
#include "learn/kmeans_points.h"
#include "math/nearest.h"

/* Scratch of one worker. */
typedef struct kmeans_scratch {
    float *block;                      /* 64 rows gathered from several blocks */
    float *packed, *half, *near, *far; /* candidates of a block; box distances */
    int32_t *candidate;
    float *dots; /* 64 x k, wide */
    double *row, *exact;
    int64_t position[64];
    int32_t held;
    float best[64], second[64], norm[64], gap[64];
    int32_t index[64], old[64];
} kmeans_scratch;

/* What one chunk changes. Clusters not touched hold garbage. */
typedef struct kmeans_delta {
    double *sums, *mass, *tail_mass;
    int64_t *count;
    unsigned char *touched;
    int64_t changed;
} kmeans_delta;

typedef struct kmeans_engine {
    const psn_points *points;
    psn_pool *pool;
    persona_task *task;
    const psn_kmeans_kernels *kernels;
    int32_t room;     /* most centres */
    int32_t distinct; /* rows that differ, counted up to room; 0: not yet */
    int workers;
    kmeans_scratch *scratch;
    kmeans_delta *deltas;        /* one for each chunk */
    double from, to;             /* the part of the caller's phase this fit takes */
    double stage_from, stage_to; /* that of the stage it is in */
} kmeans_engine;

typedef struct kmeans_state {
    int32_t k, groups, group_room;   /* groups of bounds, wide only */
    double *centers;                 /* raw units */
    double *sums, *mass, *tail_mass; /* tail_mass: k x dims, or NULL */
    int64_t *count;
    int32_t *label;       /* of each position; -1 = none */
    float *gap;           /* narrow: the clock at which a row must be looked at again */
    float *block_gap;     /* least gap of a block */
    float *upper, *lower; /* wide: bounds of distances, as in Elkan and Yinyang */
    float clock;
    int fresh;   /* every row must be looked at */
    int settled; /* labels are those of the centres: no assignment is due */
    psn_nearest *exact;
    /* float32 form of the centres */
    float *rows, *packed, *half, *features, *drift, *group_drift;
    int32_t stride; /* of features */
    float half_most, center_most;
    float *first, *next; /* squared distances to best and second, when asked for */
} kmeans_state;

int psn_kmeans_engine_open(kmeans_engine *engine, const psn_points *points, int32_t room,
                           psn_pool *pool, persona_task *task, persona_error *error);
void psn_kmeans_engine_close(kmeans_engine *engine);
/* The next stage of a fit, as a share of it; and how much of the stage is done: reports
 * progress, learns of cancel and deadline. */
void psn_kmeans_stage(kmeans_engine *engine, double from, double to);
int psn_kmeans_check(const kmeans_engine *engine, double done, persona_error *error);
/* Rows that differ, at most engine->room. */
int psn_kmeans_distinct(kmeans_engine *engine, int32_t *count, persona_error *error);
/* 1 if a row at this squared distance differs from a centre by more than the rounding of
 * a mean. */
int psn_kmeans_apart(const psn_points *points, const double *row, const double *center,
                     double squared);

int psn_kmeans_state_open(kmeans_state *state, const kmeans_engine *engine,
                          persona_error *error);
void psn_kmeans_state_close(kmeans_state *state);
/* Gives the bounds of rows back: no more assignments. */
void psn_kmeans_state_trim(kmeans_state *state);
/* Centres from outside: no labels, no sums. */
int psn_kmeans_state_start(kmeans_state *state, const kmeans_engine *engine,
                           const double *centers, int32_t k, persona_error *error);
int psn_kmeans_state_copy(kmeans_state *to, const kmeans_state *from,
                          const kmeans_engine *engine, persona_error *error);
/* Gives every row the nearest centre; returns how many labels changed. The changes wait
 * in the deltas for psn_kmeans_state_update. */
int64_t psn_kmeans_assign(kmeans_state *state, kmeans_engine *engine);
/* Sums and centres after the changes. Returns how many clusters are empty. */
int32_t psn_kmeans_state_update(kmeans_state *state, kmeans_engine *engine);
/* After centres were set: their float32 form. */
void psn_kmeans_state_prepare(kmeans_state *state, const kmeans_engine *engine);
/* Sum of weighted squared distances to the means of the clusters, out of the sums. */
double psn_kmeans_state_cost(const kmeans_state *state, const kmeans_engine *engine);
/* The same by the direct formula to the centres. */
double psn_kmeans_state_inertia(const kmeans_state *state, kmeans_engine *engine);
/* Moves the row farthest from its centre into each empty cluster. Drops the cluster where
 * no row is far by more than rounding, or *moves, which counts down, is used up. */
int psn_kmeans_state_refill(kmeans_state *state, kmeans_engine *engine, int32_t *moves,
                            persona_error *error);
/* Lloyd until no label changes, the cost falls no more, or `most` iterations (0: no
 * limit). */
int psn_kmeans_lloyd(kmeans_state *state, kmeans_engine *engine, int32_t most,
                     int32_t *iterations, persona_error *error);

/* A row changes its cluster: into the delta of its chunk. from may be -1. */
void psn_kmeans_delta_move(kmeans_delta *delta, const kmeans_engine *engine,
                           int64_t position, const double *row, int32_t from, int32_t to);
/* The chunks of narrow, wide and tail rows. */
void psn_kmeans_assign_narrow(kmeans_state *state, kmeans_engine *engine, int64_t chunk,
                              kmeans_scratch *scratch);
void psn_kmeans_assign_wide(kmeans_state *state, kmeans_engine *engine, int64_t chunk,
                            kmeans_scratch *scratch);

/* Greedy k-means++ after the first `given` centres: centers gets up to k; *found says how
 * many there are. */
int psn_kmeans_seed(double *centers, int32_t *found, kmeans_engine *engine, int32_t given,
                    int32_t k, uint64_t seed, persona_error *error);
/* Swap search from a state of Lloyd. */
int psn_kmeans_swap_search(kmeans_state *state, kmeans_engine *engine, uint64_t seed,
                           int32_t failures, psn_kmeans *fit, persona_error *error);
/* The best of `rounds` searches, each seeding and psn_kmeans_optimise; the first goes on
 * from `given` centres of the state. */
int psn_kmeans_search(kmeans_state *state, kmeans_engine *engine, int32_t given,
                      int32_t k, const psn_kmeans_options *options, int32_t rounds,
                      psn_kmeans *fit, persona_error *error);
/* How many, by the size of the problem; more than 1 only where options leave it open. */
enum { KMEANS_RESTARTS = 8, KMEANS_SWEEP_RESTARTS = 3 };
int32_t psn_kmeans_restarts(const psn_points *points, int32_t k,
                            const psn_kmeans_options *options, int32_t most);
/* Lloyd, swap search, Lloyd, from `start`. */
int psn_kmeans_optimise(kmeans_state *state, kmeans_engine *engine, const double *start,
                        int32_t k, const psn_kmeans_options *options, psn_kmeans *fit,
                        persona_error *error);
/* Labels in the order of the table. */
void psn_kmeans_state_labels(int32_t *labels, const kmeans_state *state,
                             const psn_points *points);

/* Above so many rows the search for a good start works on a sample. */
enum { KMEANS_LARGE = 131072 };
int64_t psn_kmeans_sample_size(int64_t rows, int32_t k); /* rows itself: no sample */

/* Uses of one seed. */
enum {
    KMEANS_PURPOSE_SEED = 0x6b6d01,
    KMEANS_PURPOSE_SWAP,
    KMEANS_PURPOSE_SAMPLE,
    KMEANS_PURPOSE_GAP,
    KMEANS_PURPOSE_BOOTSTRAP,
    KMEANS_PURPOSE_SPLIT
};

#endif
