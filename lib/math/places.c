/* places.c: a counting sort of the entries by column. O(rows + columns + entries). */
#include "math/places.h"

#include "base/error.h"
#include "base/memory.h"

void psn_places_free(psn_places *places)
{
    if (places == NULL) return;
    psn_release(places->original);
    psn_release(places->number);
    psn_release(places->start);
    psn_release(places->place);
    psn_release(places->row);
    psn_release(places);
}

/* numbers: of every column, -1 for those that do not occur. */
static void places_number(psn_places *places, int32_t *numbers, const psn_sparse *matrix)
{
    const int64_t entries = matrix->start[matrix->rows];
    for (int64_t i = 0; i < entries; i++) numbers[matrix->column[i]] = 1;
    for (int32_t column = 0; column < matrix->columns; column++) {
        if (numbers[column] == 0) continue;
        numbers[column] = places->count;
        places->original[places->count++] = column;
    }
    for (int64_t i = 0; i < entries; i++) places->number[i] = numbers[matrix->column[i]];
}

/* start[n + 1] is the next free place of n until all are placed. */
static void places_sort(psn_places *places, const psn_sparse *matrix)
{
    const int64_t entries = matrix->start[matrix->rows];
    int64_t *next = places->start + 1;
    for (int64_t i = 0; i < entries; i++) {
        if (places->number[i] + 1 < places->count) next[places->number[i] + 1]++;
    }
    for (int32_t n = 1; n < places->count; n++) next[n] += next[n - 1];
    for (int64_t row = 0; row < matrix->rows; row++) {
        for (int64_t i = matrix->start[row]; i < matrix->start[row + 1]; i++) {
            const int64_t to = next[places->number[i]]++;
            places->place[to] = i;
            places->row[to] = row;
        }
    }
}

int psn_places_new(psn_places **out, const psn_sparse *matrix, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t entries = (size_t)matrix->start[matrix->rows];
    const size_t columns = (size_t)matrix->columns;
    int32_t *numbers = NULL;
    psn_places *places = psn_alloc_zero(1, sizeof *places);
    PSN_NEED(places);
    PSN_NEED(numbers = psn_alloc_zero(columns, sizeof *numbers));
    PSN_NEED(places->original = psn_alloc(columns, sizeof *places->original));
    PSN_NEED(places->number = psn_alloc(entries, sizeof *places->number));
    PSN_NEED(places->start = psn_alloc_zero(columns + 1, sizeof *places->start));
    PSN_NEED(places->place = psn_alloc(entries, sizeof *places->place));
    PSN_NEED(places->row = psn_alloc(entries, sizeof *places->row));
    places_number(places, numbers, matrix);
    places_sort(places, matrix);
    *out = places;
    places = NULL;
done:
    psn_release(numbers);
    psn_places_free(places);
    return rc;
}
