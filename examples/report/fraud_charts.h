/* fraud_charts.h: the drawings of the fraud scorer's report, from the model's parts. */
#ifndef REPORT_FRAUD_CHARTS_H
#define REPORT_FRAUD_CHARTS_H

#include <stdio.h>
#include "persona.h"

/* Recall over the false alarms, with a band of 95 %; the diagonal is guessing. */
void chart_roc(FILE *out, const persona_table *roc);
/* Precision over recall; the level is the share of frauds, which is guessing. */
void chart_precision(FILE *out, const persona_table *curve, double fraud_share);
/* Observed share of frauds over the probability told, both in decades. */
void chart_calibration(FILE *out, const persona_table *bins);
/* Cost over the share of orders blocked (in decades), with its two parts. */
void chart_costs(FILE *out, const persona_table *costs, double orders);
/* Good orders upwards, frauds downwards, by probability, each as shares of its kind. */
void chart_scores(FILE *out, const persona_table *scores);
/* For orders of some amounts: from which probability they are reviewed and blocked. */
void chart_thresholds(FILE *out, const persona_table *thresholds);
/* The features that the trees' splits gained most by. */
void chart_importance(FILE *out, const persona_table *importance);

#endif
