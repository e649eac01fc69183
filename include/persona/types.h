/* types.h: the types, result codes and constants every other header builds on.
 *
 * The rules of all headers, stated once:
 *   Results    0 or one of the negative codes below. After a failure *out is NULL and
 *              arrays of the caller hold anything.
 *   Arguments  out first, then subject, inputs, options, task, error. Options, task and
 *              error may be NULL.
 *   Text       (bytes, length); length PERSONA_NUL means "up to the NUL". Text is UTF-8.
 *              Paths, option names and column names are NUL-terminated.
 *   Arrays     (pointer, count), read during the call and never kept.
 *   Pointers   that come out belong to the object they came from and die with it.
 *   free       of NULL does nothing.
 *   Threads    [shared] any number of threads at once; [owned] one thread at a time.
 *   Grades     HOT: nanoseconds to microseconds, no allocation, no lock. WARM: may
 *              allocate. BATCH: tables, may use threads.
 *   Time       int64 milliseconds since 1970-01-01T00:00Z.
 *   Missing    NaN for reals; validity bytes (0 = missing) for every other type. */
#ifndef PERSONA_TYPES_H
#define PERSONA_TYPES_H

#include <stdint.h>

#if defined(__GNUC__) && !defined(PERSONA_NO_ATTRIBUTES)
#define PERSONA_API __attribute__((visibility("default")))
#else
#define PERSONA_API
#endif

#define PERSONA_VERSION "0.1.0"

enum { PERSONA_NUL = -1, PERSONA_NONE = -1 };

/* Result codes. Stable: a code never changes its meaning. */
enum persona_code {
    PERSONA_OK = 0,
    PERSONA_EARG = -1,     /* an argument is NULL, out of range or of the wrong shape */
    PERSONA_EOPTION = -2,  /* unknown option, value out of bounds, or without effect */
    PERSONA_EDATA = -3,    /* the data cannot serve: missing column, infinity, bad row */
    PERSONA_ENOMEM = -4,   /* out of memory */
    PERSONA_ELIMIT = -5,   /* above a limit such as max_bytes */
    PERSONA_EIO = -6,      /* the operating system refused: open, read, write, rename */
    PERSONA_EFORMAT = -7,  /* not a model file, or an altered or truncated one */
    PERSONA_EVERSION = -8, /* a model file of a later format version */
    PERSONA_EKIND = -9,    /* a model or query of another kind than the call needs */
    PERSONA_ECANCEL = -10, /* persona_task_cancel was called */
    PERSONA_EDEADLINE = -11, /* the deadline of the task has passed */
    PERSONA_ENUMERIC = -12,  /* a computation has no finite answer on this data */
    PERSONA_EBLAS = -13      /* the BLAS or LAPACK of this machine fails its self-test */
};

/* Details of a failure, owned by the caller, written on failure only. 256 bytes for ever.
 * `where` is the row, byte or line that the message speaks of, or -1. The message is one
 * line of UTF-8 and holds no value out of a data column. */
typedef struct persona_error {
    int32_t code;
    int32_t reserved;
    int64_t where;
    char message[240];
} persona_error;

/* Types of a table's columns. */
enum persona_type {
    PERSONA_TYPE_INT = 1,    /* int64 */
    PERSONA_TYPE_REAL = 2,   /* float64, NaN = missing */
    PERSONA_TYPE_REAL32 = 3, /* float32, NaN = missing */
    PERSONA_TYPE_BOOL = 4,   /* uint8, 0 or 1 */
    PERSONA_TYPE_TIME = 5,   /* int64 milliseconds since 1970 UTC */
    PERSONA_TYPE_TEXT = 6    /* UTF-8 */
};

typedef struct persona_table persona_table;   /* [owned] while it grows, then [shared] */
typedef struct persona_params persona_params; /* [owned] options by name */
typedef struct persona_task persona_task;     /* [shared] progress, cancel, deadline */
typedef struct persona_buffer persona_buffer; /* [shared] bytes the library made */
typedef struct persona_model persona_model;   /* [shared] immutable, of any kind */
typedef struct persona_query persona_query;   /* [owned] a prepared question */
typedef struct persona_segmenter
    persona_segmenter; /* [shared] a model of customer groups */
typedef struct persona_recommender persona_recommender;   /* [shared] a model of tastes */
typedef struct persona_fraud_scorer persona_fraud_scorer; /* [shared] a model of fraud */
typedef struct persona_mask persona_mask; /* [owned] while it changes, then [shared] */

#endif
