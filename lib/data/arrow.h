/* arrow.h: tables from and to the Arrow C stream interface
 * (arrow.apache.org/docs/format/CDataInterface.html).
 *
 * Import copies into the table's own columns, so that the stream can be released at once.
 * Export shares: the arrays hold references to the table, which is frozen until the last
 * of them is released; only bit maps are made. */
#ifndef PSN_DATA_ARROW_H
#define PSN_DATA_ARROW_H

#include <stdint.h>
#include "persona/types.h"

/* The definitions of the specification, word for word. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/* All chunks of the stream as one table. The stream is released in any case, also on
 * failure. Types: (u)int8 .. 64, float, double, bool, utf8, large utf8, dictionaries of
 * them, date32, date64, timestamps (to milliseconds, rounded down; a time zone only names
 * how they are shown), null (real, all missing). Lengths, offsets and missing buffers are
 * checked; where the pointers lead cannot be. */
int psn_arrow_import(persona_table **out, struct ArrowArrayStream *stream,
                     persona_error *error);

/* The table as a stream of one chunk: int64, double, float, bool, timestamp[ms, UTC],
 * large utf8, and dictionary<int32, large utf8>; what is missing is null. The caller
 * releases the stream. */
int psn_arrow_export(struct ArrowArrayStream *out, const persona_table *table,
                     persona_error *error);

#endif
