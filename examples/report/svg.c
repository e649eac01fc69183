/* svg.c: small drawings inside a page.
 *
 * Plain elements with a title and a description each (WAI-ARIA graphics: role img). */
#include <math.h>
#include <stdlib.h>
#include "html.h"
#include "svg.h"

#define INK "#1b1f24"

/* The first eight: Okabe and Ito (2008), yellow replaced by a brown that can be seen on
 * white. Then colours of other lightness or hue (after Tol 2021), for many segments. */
static const char *const colors[] = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9",
    "#e69f00", "#4b4b4b", "#882255", "#332288", "#aa4499", "#66bb55",
    "#cc3311", "#1fb5ad", "#9970ab", "#999933", "#661100", "#8c96c6",
    "#225522", "#ee8866", "#5577ff", "#b8a9a0", "#003c5a", "#ff5fa2"};

const char *svg_color(int series)
{
    return colors[series < 0 ? 0 : series % (int)(sizeof colors / sizeof *colors)];
}

/* Whichever has more contrast: relative luminance, roughly (sRGB as gamma 2). */
const char *svg_color_on(int series)
{
    unsigned rgb = (unsigned)strtoul(svg_color(series) + 1, NULL, 16);
    double r = (rgb >> 16) / 255.0, g = (rgb >> 8 & 255) / 255.0, b = (rgb & 255) / 255.0;
    return 0.21 * r * r + 0.72 * g * g + 0.07 * b * b > 0.25 ? INK : "#fff";
}

void svg_begin(FILE *out, double width, double height, const char *title,
               const char *description)
{
    fprintf(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"", width, height);
    html_text(out, title);
    fputs("\"><title>", out);
    html_text(out, title);
    fputs("</title><desc>", out);
    html_text(out, description);
    fputs("</desc>\n", out);
}

void svg_end(FILE *out)
{
    fputs("</svg>\n", out);
}

void svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *color)
{
    fprintf(out, "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2,
            color);
}

void svg_bar(FILE *out, double x, double y, double width, double height,
             const char *color)
{
    if (width < 0) x += width, width = -width;
    if (!(width >= 0 && height >= 0)) return;
    fprintf(out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
            x, y, width, height, color);
}

void svg_dot(FILE *out, double x, double y, double radius, const char *color)
{
    fprintf(out,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" stroke=\"#fff\"/>\n",
            x, y, radius, color);
}

void svg_label(FILE *out, double x, double y, svg_anchor anchor, double size, int bold,
               const char *color, const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    fprintf(out,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%.1f\"%s "
            "fill=\"%s\">",
            x, y, anchors[anchor], size, bold ? " font-weight=\"600\"" : "",
            color ? color : INK);
    html_text(out, text);
    fputs("</text>\n", out);
}

void svg_name(FILE *out, double x, double y, double width, const char *text)
{
    int characters = 0, most = (int)(width / 6.4); /* of 12 px, on average */
    for (const char *c = text; *c != '\0'; c++)
        characters += ((unsigned char)*c & 0xC0) != 0x80;
    char cut[256];
    size_t used = 0;
    int kept = 0;
    for (const char *c = text; *c != '\0' && used < sizeof cut - 8; c++) {
        kept += ((unsigned char)*c & 0xC0) != 0x80;
        if (characters > most && kept >= most) break;
        cut[used++] = *c;
    }
    snprintf(cut + used, sizeof cut - used, "%s", characters > most ? "…" : "");
    svg_label(out, x, y, SVG_START, 12, 0, NULL, cut);
}

void svg_curve(FILE *out, const double *x, const double *y, int count, const char *color)
{
    int drawn = 0;
    fputs("<path d=\"", out);
    for (int i = 0; i < count; i++)
        if (!isnan(x[i]) && !isnan(y[i]))
            fprintf(out, "%c%.1f %.1f", drawn++ ? 'L' : 'M', x[i], y[i]);
    fprintf(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", color);
}

double svg_at(const svg_scale *scale, double value)
{
    double span = scale->to - scale->from;
    if (!(fabs(span) > 0)) return (scale->start + scale->end) / 2;
    return scale->start + (value - scale->from) / span * (scale->end - scale->start);
}

double svg_step(const svg_scale *scale, int most)
{
    double span = fabs(scale->to - scale->from);
    if (!(span > 0) || most < 1) return 1;
    double power = pow(10, floor(log10(span / most)));
    double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 3; i++)
        if (span / (steps[i] * power) <= most) return steps[i] * power;
    return 10 * power;
}
