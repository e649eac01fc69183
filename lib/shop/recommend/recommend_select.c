/* recommend_select.c: the largest of many keys, and keys in order. A key is (score, item)
 * as one 64-bit number, all different, so that what is selected does not depend on the
 * order in which it was found. Quickselect with the median of three; insertion sort for
 * the rest of a quicksort. */
#include "shop/recommend/recommend_scratch.h"

static uint64_t select_pivot(const uint64_t *keys, int64_t count)
{
    const uint64_t a = keys[0], b = keys[count / 2], c = keys[count - 1];
    if (a < b) return b < c ? b : a < c ? c : a;
    return a < c ? a : b < c ? c : b;
}

/* Keys >= pivot to the front; returns how many. The pivot is one of them and, unless all
 * are as large, one side at least loses it. */
static int64_t select_part(uint64_t *keys, int64_t count, uint64_t pivot)
{
    int64_t front = 0;
    for (int64_t i = 0; i < count; i++) {
        const uint64_t key = keys[i];
        keys[i] = keys[front];
        keys[front] = key;
        front += key >= pivot;
    }
    return front;
}

void psn_rec_select(uint64_t *keys, int64_t count, int64_t most)
{
    while (count > most && most > 0) {
        const uint64_t pivot = select_pivot(keys, count);
        int64_t front = select_part(keys, count, pivot);
        if (front > most) {
            if (front == count) { /* the pivot is the smallest: set it apart */
                for (int64_t i = 0; i < count; i++)
                    if (keys[i] == pivot) {
                        keys[i] = keys[count - 1];
                        keys[count - 1] = pivot;
                        break;
                    }
                front--;
            }
            count = front;
        } else {
            keys += front;
            count -= front;
            most -= front;
        }
    }
}

static void sort_few(uint64_t *keys, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        const uint64_t key = keys[i];
        int64_t j = i;
        while (j > 0 && keys[j - 1] < key) {
            keys[j] = keys[j - 1];
            j--;
        }
        keys[j] = key;
    }
}

void psn_rec_sort(uint64_t *keys, int64_t count)
{
    while (count > 24) {
        const int64_t half = count / 2;
        psn_rec_select(keys, count, half);
        psn_rec_sort(keys, half);
        keys += half;
        count -= half;
    }
    sort_few(keys, count);
}

/* Without branches that could be guessed wrong: half of them would be. */
static float select_weight(const psn_sparse *weights, int32_t row, int32_t column)
{
    int64_t at = weights->start[row], count = weights->start[row + 1] - at;
    if (count == 0) return 0;
    while (count > 1) {
        const int64_t half = count / 2;
        at += weights->column[at + half - 1] < column ? half : 0;
        count -= half;
    }
    if (weights->column[at] != column) return 0;
    return weights->value ? weights->value[at] : 1;
}

float psn_rec_weight_at(const psn_rec_member *member, int32_t row, int32_t column)
{
    const psn_sparse *learnt = member->weights;
    if (row < learnt->rows && column < learnt->columns)
        return select_weight(learnt, row, column);
    return member->added ? select_weight(member->added, row, column) : 0;
}
