/* gbdt_histogram.c: sums of quantised gradients by bin, the inner loop of training.
 *
 * A row of the tile holds its own gradient and then one byte a feature, so that one cache
 * line has all that a row needs. A pass counts up to 16 features: their sums (8 bytes a
 * bin: gradient, hessian and rows in one word, added at once) fill half of a first-level
 * cache. Rows go by in chunks, each walked once for every group of features while it is
 * near. Measured on one core: .35 - .45 ns a row and feature; 16-bit sums with their
 * flushes were no faster, one pass over 28 features 10 % slower, a gradient array apart
 * from the rows up to 25 % slower. */
#include "learn/gbdt_train.h"

#include <string.h>

enum { HISTOGRAM_CHUNK = 2048 };

#define HISTOGRAM_INLINE static inline __attribute__((always_inline))

typedef struct histogram_job {
    uint64_t *sums;
    const uint8_t *tile; /* at the first byte of the group of features */
    size_t stride;
    size_t back; /* from there to the gradient */
    const int32_t *places;
    const gbdt_packing *packing;
} histogram_job;

HISTOGRAM_INLINE uint64_t histogram_word(const uint8_t *row, const gbdt_packing *packing)
{
    uint32_t slot;
    memcpy(&slot, row, sizeof slot);
    uint64_t g = (uint64_t)(int64_t)(int16_t)(slot >> 16), h = slot & 0xffff;
    return (g << packing->g_shift) + (h << packing->h_shift) + packing->one;
}

HISTOGRAM_INLINE void histogram_add(const histogram_job *job, const uint32_t *rows,
                                    int64_t count, int width, int by_place)
{
    const gbdt_packing packing = *job->packing;
    const int32_t *places = job->places;
    uint64_t *sums = job->sums;
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *row = job->tile + rows[i] * job->stride;
        __builtin_prefetch(job->tile + rows[i + GBDT_AHEAD] * job->stride);
        uint64_t word = histogram_word(row - job->back, &packing);
        for (int k = 0; k < width; k++) {
            sums[k * GBDT_BINS + row[by_place ? places[k] : k]] += word;
        }
    }
}

#define HISTOGRAM_CASE(width)                                                            \
    case width:                                                                          \
        histogram_add(job, rows, count, width, by_place);                                \
        break;

/* A loop of known length for every width: the compiler unrolls it. */
HISTOGRAM_INLINE void histogram_switch(const histogram_job *job, const uint32_t *rows,
                                       int64_t count, int width, int by_place)
{
    switch (width) {
        HISTOGRAM_CASE(1)
        HISTOGRAM_CASE(2)
        HISTOGRAM_CASE(3)
        HISTOGRAM_CASE(4)
        HISTOGRAM_CASE(5)
        HISTOGRAM_CASE(6)
        HISTOGRAM_CASE(7)
        HISTOGRAM_CASE(8)
        HISTOGRAM_CASE(9)
        HISTOGRAM_CASE(10)
        HISTOGRAM_CASE(11)
        HISTOGRAM_CASE(12)
        HISTOGRAM_CASE(13)
        HISTOGRAM_CASE(14)
        HISTOGRAM_CASE(15)
        HISTOGRAM_CASE(16)
    }
}

static void histogram_side_by_side(const histogram_job *job, const uint32_t *rows,
                                   int64_t count, int width)
{
    histogram_switch(job, rows, count, width, 0);
}

static void histogram_by_place(const histogram_job *job, const uint32_t *rows,
                               int64_t count, int width)
{
    histogram_switch(job, rows, count, width, 1);
}

uint64_t *psn_gbdt_slot(const gbdt_trainer *trainer, int32_t slot)
{
    return trainer->histogram + (size_t)slot * (size_t)trainer->live * GBDT_BINS;
}

static void histogram_clear(const gbdt_trainer *trainer, uint64_t *slot,
                            const gbdt_tile *tile)
{
    for (int32_t r = tile->first; r < tile->first + tile->width; r++) {
        int32_t bins = trainer->bins->column[trainer->used_feature[r]].bins;
        memset(slot + (size_t)r * GBDT_BINS, 0, (size_t)bins * sizeof *slot);
    }
}

static void histogram_chunk(const gbdt_trainer *trainer, uint64_t *slot,
                            const uint32_t *rows, int64_t count, const gbdt_tile *tile)
{
    size_t offset = tile->offset < 0 ? 0 : (size_t)tile->offset;
    histogram_job job = {
        .sums = slot + (size_t)tile->first * GBDT_BINS,
        .tile = trainer->tile + offset,
        .stride = trainer->stride,
        .back = offset,
        .places = trainer->used_place + tile->first,
        .packing = &trainer->packing,
    };
    if (tile->offset >= 0) {
        histogram_side_by_side(&job, rows, count, tile->width);
    } else {
        histogram_by_place(&job, rows, count, tile->width);
    }
}

void psn_gbdt_count(const gbdt_trainer *trainer, uint64_t *slot, const uint32_t *rows,
                    int64_t count, int32_t first, int32_t end)
{
    for (int32_t t = first; t < end; t++)
        histogram_clear(trainer, slot, &trainer->tiles[t]);
    for (int64_t done = 0; done < count; done += HISTOGRAM_CHUNK) {
        int64_t some = count - done < HISTOGRAM_CHUNK ? count - done : HISTOGRAM_CHUNK;
        for (int32_t t = first; t < end; t++) {
            histogram_chunk(trainer, slot, rows + done, some, &trainer->tiles[t]);
        }
    }
}
