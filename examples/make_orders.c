/* make_orders.c: a year of orders and logins of a shop that does not exist, as CSV.
 *
 *     make_orders [EVENTS [SEED]] > orders.csv          25,000 events, seed 1
 *
 * All of it is made up by the rules below; no figure measured on it says how a scorer
 * does on real orders. It is here so that the example, the demo and the tests have
 * something with the shape of the real thing that can be given away.
 *
 * Good customers have accounts of all ages, come back with their device, order by day,
 * and sometimes travel, move or buy a present. Frauds (some 3 % of the events): card
 * testing      bursts of small digital orders at night, one device, many cards, accounts
 *                     minutes old; most of it in spring
 *   account takeover  an old account, a device not seen before, failed logins, another
 * country, express to another address; grows in autumn reseller          many pieces of
 * what is scarce, account days old, pays by invoice friendly fraud    an order like any
 * other that is disputed weeks later: cannot be told A label is known only at label_at:
 * card testing within days, friendly fraud after 40 to 75. label_at is not known when an
 * order comes, so nothing may be learnt from it. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY = 86400, YEAR = 365 };
static const int64_t new_year = 1735689600; /* 2025-01-01T00:00Z */

/* ---- random numbers (SplitMix64, Steele and others 2014): the same year everywhere */

static uint64_t state;

static double unit(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int below(int n)
{
    return (int)(unit() * n);
}

static int chance(double p)
{
    return unit() < p;
}

static double exponential(double mean)
{
    return -mean * log(1 - unit());
}

/* ---- events */

enum kind { GOOD, CARD_TESTING, TAKEOVER, RESELLER, FRIENDLY, KINDS };

typedef struct event {
    int64_t at, signed_up, label_at; /* seconds */
    int user, login;
    const char *country, *ip_country, *payment, *category, *ship_to, *domain;
    double amount, device_days;
    int items, express, failed_logins, orders_24h, cards_24h;
    enum kind kind;
} event;

static const char *const countries[] = {"DE", "FR", "NL", "ES", "IT", "PL", "GB", "US"};
static const char *const far[] = {"RU", "NG", "VN", "BR", "US", "RO"};
static const char *const payments[] = {"card", "card", "card", "paypal", "invoice"};
static const char *const categories[] = {"fashion", "home",   "books",  "electronics",
                                         "toys",    "sports", "digital"};
static const char *const domains[] = {"gmail.com", "gmx.de",          "outlook.com",
                                      "yahoo.com", "mailbox.example", "tempmail.example"};

/* Seconds of the day, most of them in the evening. */
static int64_t daytime(void)
{
    const double hour = 19 + 3.5 * (unit() + unit() + unit() - 1.5) * 2;
    return (int64_t)((hour - 24 * floor(hour / 24)) * 3600);
}

static event good_event(int64_t day, int users)
{
    event e = {.kind = GOOD};
    e.at = new_year + day * DAY + daytime();
    e.user = below(users);
    e.signed_up = e.at - (int64_t)exponential(400.0 * DAY) - 60 - below(DAY / 4);
    e.country = countries[below(chance(0.6) ? 3 : 8)];
    e.ip_country = chance(0.04) ? far[below(6)] : e.country; /* on a journey */
    e.payment = payments[below(5)];
    e.category = categories[below(7)];
    e.ship_to = chance(0.12) ? "other" : chance(0.15) ? "pickup" : "home";
    e.domain = domains[below(chance(0.9) ? 4 : 6)];
    e.amount = 8 + exponential(e.category[0] == 'e' ? 180 : 55);
    e.items = 1 + (int)exponential(1.2);
    e.express = chance(0.1);
    e.device_days = chance(0.25) ? 0 : exponential(150);
    e.failed_logins = chance(0.06) ? 1 + below(3) : 0;
    e.orders_24h = chance(0.05) ? 1 + below(2) : 0;
    e.cards_24h = chance(0.04) ? 2 : 1;
    e.login = chance(0.2);
    e.label_at = e.at + (int64_t)(45 + 30 * unit()) * DAY; /* no complaint by then */
    return e;
}

static event card_testing(int64_t start, int n)
{
    event e = good_event(0, 1);
    e.kind = CARD_TESTING;
    e.at = start + n * 40 + below(40);
    e.user = 900000 + below(90000);
    e.signed_up = e.at - 60 - below(1800);
    e.ip_country = chance(0.7) ? far[below(6)] : e.country;
    e.payment = "card";
    e.category = chance(0.8) ? "digital" : "books";
    e.ship_to = "home";
    e.domain = domains[chance(0.6) ? 5 : below(4)];
    e.amount = 1 + 9 * unit();
    e.items = 1;
    e.device_days = 0;
    e.orders_24h = n;
    e.cards_24h = 1 + (int)(n * (0.5 + 0.5 * unit()));
    e.login = 0;
    e.label_at = e.at + (int64_t)(2 + 10 * unit()) * DAY;
    return e;
}

static event takeover(int64_t day, int users)
{
    event e = good_event(day, users);
    e.kind = TAKEOVER;
    if (chance(0.6)) e.at = new_year + day * DAY + below(6 * 3600);
    e.signed_up = e.at - (int64_t)((200 + exponential(500)) * DAY);
    if (chance(0.75)) e.ip_country = far[below(6)];
    if (chance(0.7)) e.ship_to = "other";
    e.category = chance(0.6) ? "electronics" : e.category;
    e.amount = 60 + exponential(220);
    e.express = chance(0.6);
    e.device_days = chance(0.9) ? 0 : e.device_days;
    e.failed_logins = chance(0.75) ? 2 + below(12) : e.failed_logins;
    e.login = chance(0.3);
    e.label_at = e.at + (int64_t)(5 + 35 * unit()) * DAY;
    return e;
}

static event reseller(int64_t day)
{
    event e = good_event(day, 1);
    e.kind = RESELLER;
    e.user = 800000 + below(90000);
    e.signed_up = e.at - (int64_t)(exponential(4) * DAY) - 600;
    e.category = chance(0.5) ? "sports" : "electronics";
    e.payment = chance(0.6) ? "invoice" : "paypal";
    e.items = 3 + below(8);
    e.amount = e.items * (40 + 60 * unit());
    e.ship_to = chance(0.5) ? "pickup" : e.ship_to;
    e.orders_24h = 1 + below(6);
    e.login = 0;
    e.label_at = e.at + (int64_t)(14 + 40 * unit()) * DAY;
    return e;
}

static event friendly(int64_t day, int users)
{
    event e = good_event(day, users);
    e.kind = FRIENDLY;
    e.payment = "card";
    if (chance(0.4)) e.category = "digital";
    e.amount *= 1.4;
    e.login = 0;
    e.label_at = e.at + (int64_t)(40 + 35 * unit()) * DAY;
    return e;
}

static int earlier(const void *a, const void *b)
{
    const event *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return x->user < y->user ? -1 : x->user > y->user;
}

/* Fills `room` events at most; returns how many. */
static int make_year(event *out, int room, int events)
{
    int count = 0;
    for (int64_t day = 0; day < YEAR; day++) {
        const double season = 1 + 0.25 * sin((double)(day - 80) / YEAR * 6.283185) +
                              (day > 325 && day < 355 ? 0.8 : 0);
        const int usual = (int)(events * 0.96 / YEAR * season + unit());
        const double spring = day > 60 && day < 150 ? 3 : 0.6,
                     autumn = day > 240 ? 2.2 : 0.8;
        const double scale = events / 25000.0;
        for (int i = 0; i < usual && count < room; i++)
            out[count++] = good_event(day, events / 8 + 1);
        if (chance(0.03 * spring * scale)) {
            const int64_t start = new_year + day * DAY + below(5 * 3600);
            for (int i = 0, n = 5 + below(25); i < n && count < room; i++)
                out[count++] = card_testing(start, i);
        }
        for (double n = 0.5 * autumn * scale; n > 0 && count < room; n--)
            if (chance(n)) out[count++] = takeover(day, events / 8 + 1);
        for (double n = 0.35 * scale; n > 0 && count < room; n--)
            if (chance(n)) out[count++] = reseller(day);
        for (double n = 0.5 * scale; n > 0 && count < room; n--)
            if (chance(n)) out[count++] = friendly(day, events / 8 + 1);
    }
    qsort(out, (size_t)count, sizeof *out, earlier);
    return count;
}

static void print_time(int64_t seconds)
{
    /* the calendar of a day number: Hinnant, "chrono-compatible low-level date
     * algorithms" */
    int64_t days = seconds / DAY - (seconds % DAY < 0), rest = seconds - days * DAY;
    days += 719468;
    const int64_t era = days / 146097, of_era = days - era * 146097;
    const int64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t m = (5 * of_year + 2) / 153, month = m < 10 ? m + 3 : m - 9;
    printf("%04d-%02d-%02dT%02d:%02d:%02dZ,", (int)(year + era * 400 + (month <= 2)),
           (int)month, (int)(of_year - (153 * m + 2) / 5 + 1), (int)(rest / 3600),
           (int)(rest / 60 % 60), (int)(rest % 60));
}

static void print_event(int number, const event *e)
{
    printf("%d,%s,", 100000 + number, e->login ? "login" : "order");
    print_time(e->at);
    printf("%d,", e->user);
    print_time(e->signed_up);
    printf("%s,%s,%s,%s,%s,%s,", e->country, e->ip_country, e->domain, e->payment,
           e->category, e->ship_to);
    printf("%.2f,%d,%d,%.1f,%d,%d,%d,", e->login ? 0.0 : e->amount,
           e->login ? 0 : e->items, e->express, e->device_days, e->failed_logins,
           e->orders_24h, e->cards_24h);
    print_time(e->label_at);
    printf("%d\n", e->kind != GOOD);
}

int main(int argc, char **argv)
{
    const int events = argc > 1 ? atoi(argv[1]) : 25000;
    const int room = events + events / 2 + 1000;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (events < 1 || events > 50000000) {
        fprintf(stderr, "usage: make_orders [EVENTS [SEED]] > orders.csv\n");
        return 2;
    }
    event *year = malloc((size_t)room * sizeof *year);
    if (year == NULL) return 1;
    const int count = make_year(year, room, events);
    printf(
        "event_id,kind,ordered_at,user_id,signed_up_at,country,ip_country,email_domain,"
        "payment,category,ship_to,amount,items,express,device_days,failed_logins_24h,"
        "orders_24h,cards_24h,label_at,is_fraud\n");
    for (int i = 0; i < count; i++) print_event(i, year + i);
    free(year);
    return fflush(stdout) != 0 || ferror(stdout);
}
