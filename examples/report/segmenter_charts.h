/* segmenter_charts.h: the drawings of the segmenter's report, from the model's parts. */
#ifndef REPORT_SEGMENTER_CHARTS_H
#define REPORT_SEGMENTER_CHARTS_H

#include <stdio.h>
#include "persona.h"

/* map: segment, x, y; profile: segment. */
void chart_map(FILE *out, const persona_table *map, const persona_table *profile);
/* A row of the features in words: its name and a typical value, which is the median, or
 * the mean where half of the segment has the same value. CELL_SIZE bytes each. */
void feature_words(char *name, char *value, const persona_table *features, int64_t row);
/* One segment; features: segment, feature, median, q25, q75, mean, lift. */
void chart_profile(FILE *out, const persona_table *features, double segment,
                   const char *name);
/* One figure for each criterion of the sweep over k. */
void chart_criteria(FILE *out, const persona_table *sweep, double chosen);

#endif
