/* json_rows.h: JSON as name and value in an HTML list (dl): nested names become a.b.c. */
#ifndef REPORT_JSON_ROWS_H
#define REPORT_JSON_ROWS_H

#include <stdio.h>

void json_rows(FILE *out, const char *json);

#endif
