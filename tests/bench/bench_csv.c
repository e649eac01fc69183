/* bench_csv.c: reading and writing CSV in memory, in MB of CSV for a second of CPU time
 * on one core, detection of separator and types included; the best of five runs. make
 * bench, or: bench_csv [MB]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/number.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/datetime.h"
#include "data/table.h"

enum { RUNS = 5 };

static uint64_t bench_state = 1;

/* splitmix64 */
static uint64_t bench_next(void)
{
    uint64_t z = bench_state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void bench_int(psn_text *out, uint64_t below)
{
    char digits[PSN_NUMBER_BYTES];
    psn_text_append(out, digits, psn_print_int(digits, (int64_t)(bench_next() % below)));
}

static void bench_decimal(psn_text *out, uint64_t below, int decimals)
{
    char digits[400];
    double value = (double)(bench_next() % below) / 1e6;
    psn_text_append(out, digits, psn_print_fixed(digits, value, decimals));
}

static void bench_full(psn_text *out)
{
    char digits[PSN_NUMBER_BYTES];
    double value = (double)(bench_next() >> 11) / 9007199254740992.0;
    psn_text_append(out, digits, psn_print_real(digits, value));
}

static void bench_time(psn_text *out)
{
    char digits[PSN_TIME_BYTES];
    int64_t second = 1483228800 + (int64_t)(bench_next() % 31536000);
    psn_text_append(out, digits, psn_print_time(digits, second * 1000));
}

static void bench_comma(psn_text *out, int last)
{
    psn_text_append(out, last ? "\n" : ",", 1);
}

/* Ten columns: five ints of 1 to 8 digits, five decimals with 2 to 6 places. */
static void bench_numeric_row(psn_text *out)
{
    static const uint64_t below[] = {10, 1000, 100000, 10000000, 100000000};
    for (int i = 0; i < 5; i++) {
        bench_int(out, below[i]);
        bench_comma(out, 0);
    }
    for (int i = 0; i < 5; i++) {
        bench_decimal(out, 1000000000, 2 + i);
        bench_comma(out, i == 4);
    }
}

/* Eight columns of reals in [0, 1) with all their 16 or 17 digits. */
static void bench_real_row(psn_text *out)
{
    for (int i = 0; i < 8; i++) {
        bench_full(out);
        bench_comma(out, i == 7);
    }
}

/* A line of an order: order, time, customer, product, country, quantity, price. */
static void bench_order_row(psn_text *out)
{
    static const char *const countries[] = {"France", "United Kingdom", "Deutschland",
                                            "Spain"};
    bench_int(out, 1000000);
    bench_comma(out, 0);
    bench_time(out);
    psn_text_format(out, ",C%llu,", (unsigned long long)(bench_next() % 20000));
    psn_text_format(out, "SKU-%llu-%llu,", (unsigned long long)(bench_next() % 100),
                    (unsigned long long)(bench_next() % 100));
    psn_text_format(out, "%s,", countries[bench_next() % 4]);
    bench_int(out, 20);
    bench_comma(out, 0);
    bench_decimal(out, 100000000, 2);
    bench_comma(out, 1);
}

static double bench_seconds(clock_t from)
{
    return (double)(clock() - from) / CLOCKS_PER_SEC;
}

static double bench_read(const psn_text *csv, persona_table **table)
{
    double best = 1e9;
    for (int run = 0; run < RUNS; run++) {
        persona_error error;
        psn_table_free(*table);
        clock_t from = clock();
        if (psn_csv_from_bytes(table, csv->bytes, csv->length, NULL, NULL, &error) != 0) {
            fprintf(stderr, "%s\n", error.message);
            exit(1);
        }
        double seconds = bench_seconds(from);
        if (seconds < best) best = seconds;
    }
    return best;
}

static double bench_write(const persona_table *table, size_t *size)
{
    double best = 1e9;
    for (int run = 0; run < RUNS; run++) {
        psn_text out = {0};
        clock_t from = clock();
        if (psn_csv_to_text(&out, table, NULL, NULL) != 0) exit(1);
        double seconds = bench_seconds(from);
        if (seconds < best) best = seconds;
        *size = out.length;
        psn_text_free(&out);
    }
    return best;
}

static void bench_case(const char *what, const char *header, void (*row)(psn_text *),
                       double mb)
{
    psn_text csv = {0};
    persona_table *table = NULL;
    size_t written;
    psn_text_format(&csv, "%s\n", header);
    while ((double)csv.length < mb * 1e6) row(&csv);
    double read = bench_read(&csv, &table), size = (double)csv.length / 1e6;
    double write = bench_write(table, &written);
    printf("%-22s %6.1f MB %8lld rows   read %6.0f MB/s   write %6.0f MB/s\n", what, size,
           (long long)table->rows, size / read, (double)written / 1e6 / write);
    psn_table_free(table);
    psn_text_free(&csv);
}

int main(int count, char **arguments)
{
    double mb = count > 1 ? atof(arguments[1]) : 100;
    bench_case("ints and decimals", "a,b,c,d,e,f,g,h,i,j", bench_numeric_row, mb);
    bench_case("reals of 17 digits", "a,b,c,d,e,f,g,h", bench_real_row, mb);
    bench_case("orders (text, times)",
               "order,time,customer,product,country,quantity,price", bench_order_row, mb);
    return 0;
}
