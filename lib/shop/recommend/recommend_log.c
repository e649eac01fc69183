/* recommend_log.c: the histories of all users, and the sequences in them. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_model.h"

void psn_rec_log_clear(psn_rec_log *log)
{
    psn_release(log->start);
    psn_release(log->item);
    psn_release(log->kind);
    psn_release(log->weight);
    psn_release(log->time);
    psn_release(log->session);
    psn_release(log->rank);
    *log = (psn_rec_log){0};
}

static int log_cut(const psn_rec_log *log, int64_t user, int64_t e)
{
    return e > log->start[user] && log->session && log->session[e] != log->session[e - 1];
}

int psn_rec_log_sequences(psn_sparse **out, const psn_rec_log *log, int32_t items,
                          const uint8_t *learns, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_sparse *made = NULL;
    int64_t *by_rank = psn_alloc((size_t)log->users + 1, sizeof *by_rank);
    int64_t rows = log->users, at = 0, row = 0;
    *out = NULL;
    PSN_NEED(by_rank);
    for (int64_t u = 0; u < log->users; u++) {
        by_rank[log->rank[u]] = u;
        for (int64_t e = log->start[u]; e < log->start[u + 1]; e++)
            rows += log_cut(log, u, e);
    }
    PSN_TRY(psn_sparse_new(&made, rows, items, log->start[log->users], 1, error));
    for (int64_t i = 0; i < log->users; i++) {
        const int64_t u = by_rank[i];
        for (int64_t e = log->start[u]; e < log->start[u + 1]; e++) {
            if (log_cut(log, u, e)) made->start[++row] = at;
            if ((learns && !learns[e]) || !(log->weight[e] > 0)) continue;
            made->column[at] = log->item[e];
            made->value[at++] = log->weight[e];
        }
        made->start[++row] = at;
    }
    *out = made;
    made = NULL;
done:
    psn_release(by_rank);
    psn_sparse_free(made);
    return rc;
}
