/* svg.h: small drawings inside a page. Lengths are pixels of a drawing that is shown at
 * about its own size on a phone, so that text stays readable. */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include <stdio.h>

/* Of words and lines beside the data, and of the lines behind it. */
#define SVG_SOFT "#5a6270"
#define SVG_GRID "#d9dde3"

/* Colours that stay apart on white; they repeat after 24, so a number goes with each. */
const char *svg_color(int series);
/* Black or white: what can be read on that colour. */
const char *svg_color_on(int series);

/* title: what it is; description: what it shows, for those who cannot see it. */
void svg_begin(FILE *out, double width, double height, const char *title,
               const char *description);
void svg_end(FILE *out);
void svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *color);
void svg_bar(FILE *out, double x, double y, double width, double height,
             const char *color);
void svg_dot(FILE *out, double x, double y, double radius, const char *color);
typedef enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END } svg_anchor;
/* bold: 1 for a heavy face. */
void svg_label(FILE *out, double x, double y, svg_anchor anchor, double size, int bold,
               const char *color, const char *text);

/* A name from x on, cut with an ellipsis where it is wider than about `width`. */
void svg_name(FILE *out, double x, double y, double width, const char *text);

/* A line through the points (x[i], y[i]); NaNs are left out. */
void svg_curve(FILE *out, const double *x, const double *y, int count, const char *color);

/* A linear scale: values `from` .. `to` lie at pixels `start` .. `end`. */
typedef struct svg_scale {
    double from, to, start, end;
} svg_scale;
double svg_at(const svg_scale *scale, double value);
/* The largest of 1, 2, 5 times a power of ten that cuts the scale into at least two and
 * at most `most` steps. */
double svg_step(const svg_scale *scale, int most);

#endif
