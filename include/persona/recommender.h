/* recommender.h: what will this customer, or this browsing session, want next; what goes
 * with this product; what to buy again; and why.
 *
 * Fit takes a table of events: a user or session, an item, and what is known besides:
 * time, kind (view, cart, purchase, return ... any text), quantity, price, value (seconds
 * looked at), order. A table of items linked to it (persona_table_link) tells category,
 * brand, price and other attributes. Several learners (factors: Hu, Koren and Volinsky
 * 2008, Rendle et al. 2021; EASE: Steck 2019; RP3beta: Paudel et al. 2017; sequential
 * rules: Ludewig and Jannach 2018; neighbour sessions: Kersbergen et al. 2022; directed
 * ridge: Choi et al. 2021) are chosen and weighed on a part of the data that they have
 * not seen; boosted trees order their candidates where that helps. Same data, options and
 * seed give the same model for any number of threads. */
#ifndef PERSONA_RECOMMENDER_H
#define PERSONA_RECOMMENDER_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What items bound to a query are. */
enum persona_item_role {
    PERSONA_HISTORY =
        0, /* events of the visitor, oldest first; appended to what is stored */
    PERSONA_CART = 1,   /* in the cart now: "goes with", never recommended themselves */
    PERSONA_LIKE = 2,   /* more of this kind: "similar" */
    PERSONA_EXCLUDE = 3 /* never shown */
};
/* Why an item is there. */
enum persona_reason {
    PERSONA_REASON_TASTE = 0,    /* people with this history want it */
    PERSONA_REASON_NEXT = 1,     /* it often comes after what was looked at last */
    PERSONA_REASON_AGAIN = 2,    /* looked at or bought before */
    PERSONA_REASON_TOGETHER = 3, /* goes with what is in the cart */
    PERSONA_REASON_SIMILAR = 4,  /* resembles it */
    PERSONA_REASON_CATEGORY = 5, /* popular in a category of the visitor */
    PERSONA_REASON_TRENDING = 6, /* rising lately */
    PERSONA_REASON_POPULAR = 7
};

/* Fits a recommender. Options: schema "recommender.fit". Roles (option column.<role>, or
 * by name): item, and user or session; time kind order quantity price value. Without a
 * column of kinds a table with order or quantity holds purchases. Rows without user or
 * item are left out and counted in the notes. PERSONA_EDATA: no events, ids that are no
 * ids, times in a wrong unit. BATCH [shared table] */
PERSONA_API int persona_recommender_fit(persona_recommender **out,
                                        const persona_table *events,
                                        const persona_params *fit, persona_task *task,
                                        persona_error *error);

/* The same object as a persona_model, and back (NULL if of another kind). Neither makes a
 * new reference. */
PERSONA_API persona_model *
persona_recommender_model(const persona_recommender *recommender);
PERSONA_API persona_recommender *persona_model_recommender(const persona_model *model);

/* The number of an item, 0 .. items - 1, or PERSONA_NONE; and its id, which belongs to
 * the model. Numbers are of this model only: another fit has others. HOT [shared] */
PERSONA_API int64_t persona_recommender_items(const persona_recommender *model);
PERSONA_API int64_t persona_recommender_item(const persona_recommender *model,
                                             const char *id, int64_t length);
PERSONA_API int persona_recommender_item_id(const persona_recommender *model,
                                            int64_t item, const char **id,
                                            int64_t *length);

/* A model that knows new events as well, without a new fit: histories of known users grow
 * (their newest 1,000 events stay), new users have one, popular and trending items and
 * neighbour sessions are those of all events, and new items are recommended by who looks
 * at them and, where a table of items is linked, by their attributes (as in a fit, items
 * of that table that nobody has touched are items too; categories, brands and prices are
 * those it tells). `events` has the columns of the fit; events that the model has already
 * (same user, item, kind and moment) count once. The old model stays as it is; learnt
 * weights, factors and their index, habits and trees are shared with it, not copied, and
 * live as long as either; what is made again are histories, counts, lists, the index of
 * sessions and, when there are new items, factors. Fit again when much has changed.
 * PERSONA_EDATA: columns are missing, times are of another unit than the fit's. BATCH,
 * O(events of all histories + items), a small part of a fit [shared model, shared table]
 */
PERSONA_API int persona_recommender_update(persona_recommender **out,
                                           const persona_recommender *model,
                                           const persona_table *events,
                                           persona_task *task, persona_error *error);

/* Prepares a question. Options: schema "recommender.query": question = for_you,
 * buy_again, similar (to PERSONA_LIKE), together (with PERSONA_CART), trending; what is
 * hidden, range of prices, limits for each category and brand, diversity, speed, whether
 * scores are probabilities (calibrated). A limit that has no effect, such as a price
 * where the model knows none, is PERSONA_EOPTION, and so is calibrated with another
 * question than for_you or a model with note not_calibrated (too few cases to learn
 * from). The query takes all its memory here: some 60 bytes an item of the catalogue and
 * learner. WARM */
PERSONA_API int persona_recommender_prepare(persona_query **out,
                                            const persona_recommender *model,
                                            const persona_params *query,
                                            persona_error *error);

/* Who asks: the stored history of a user. An unknown id is a visitor without one: *known
 * (may be NULL) tells. Replaces the user bound before. HOT [owned] */
PERSONA_API int persona_query_user(persona_query *query, const char *id, int64_t length,
                                   int32_t *known, persona_error *error);
/* Items in a role (enum persona_item_role), by number, oldest first; numbers out of range
 * (and PERSONA_NONE) are skipped. Replaces what was bound in the role. Of more than 1,000
 * the newest are taken (PERSONA_EXCLUDE: all). History comes after what is stored of the
 * user; what it repeats of the stored end counts once. Without PERSONA_LIKE or
 * PERSONA_CART, similar and together ask about the newest item of the visitor; in for_you
 * the cart counts as the newest events. HOT [owned] */
PERSONA_API int persona_query_items(persona_query *query, int32_t role,
                                    const int64_t *items, int64_t count,
                                    persona_error *error);
/* History with all that is known of each event: kinds (as persona_model_part "kinds"
 * lists them; NULL = the first that is not a return), times in ms (NULL = unknown); each
 * weighs what its kind does. With times, events that are not newer than the newest stored
 * one of the user are skipped. HOT [owned] */
PERSONA_API int persona_query_events(persona_query *query, const int64_t *items,
                                     const int32_t *kinds, const int64_t *times,
                                     int64_t count, persona_error *error);
/* What may be shown at all: a mask (NULL: everything). The mask must outlive its use. HOT
 * [owned] */
PERSONA_API int persona_query_mask(persona_query *query, const persona_mask *mask,
                                   persona_error *error);

/* The best k items by score down, number up: exactly k if so many are allowed (buy_again:
 * of what was bought). Where the visitor's history says too little, what is popular in
 * its categories follows, then what is trending, then what is popular, scored below the
 * rest. items (numbers), scores and reasons (enum persona_reason) have room for k; each
 * may be NULL. Scores compare within an answer; with option calibrated (for_you) each is
 * the probability that the item is among what the visitor wants next, as it came true on
 * cases of the fit that nothing had learnt from, and compares between answers: of a
 * session its next wanted event, of a user all that comes in the next wanted moment,
 * where order says nothing a tenth of what he wants. The order is that of the scores. HOT
 * [owned] */
PERSONA_API int persona_recommender_run(persona_query *query, int64_t k, int64_t *items,
                                        float *scores, int32_t *reasons, int64_t *count,
                                        persona_error *error);
/* Ids of the last run, joined by newlines; belongs to the query until its next run. HOT
 * [owned] */
PERSONA_API const char *persona_query_ids(const persona_query *query, int64_t *length);
/* Why item `place` (0 ..) of the last run is there: columns reason, because (an item of
 * the history or cart, or missing), share (of the score; all rows of an answer add up to
 * 1), words (which name it as the linked table did, else by its id and category). WARM
 * [owned] */
PERSONA_API int persona_recommender_explain(persona_table **out, persona_query *query,
                                            int64_t place, persona_error *error);

/* Which items may be shown, prepared once and shared between queries and threads (while
 * nobody changes it): stock, country, category. All are allowed at first. */
PERSONA_API int persona_mask_new(persona_mask **out, const persona_recommender *model,
                                 persona_error *error);
/* allowed: 0 or 1, for these items; numbers out of range are skipped. [owned] */
PERSONA_API int persona_mask_items(persona_mask *mask, const int64_t *items,
                                   int64_t count, int32_t allowed, persona_error *error);
/* allowed: 0 or 1, for all items whose attribute (category, brand) is this text. [owned]
 */
PERSONA_API int persona_mask_attribute(persona_mask *mask, const char *attribute,
                                       const char *text, int64_t length, int32_t allowed,
                                       persona_error *error);
/* allowed: 0 or 1, for all items at once. [owned] */
PERSONA_API int persona_mask_all(persona_mask *mask, int32_t allowed,
                                 persona_error *error);
PERSONA_API void persona_mask_free(persona_mask *mask);

/* Answers for many: columns user, rank (1 ..), item, score, reason (words). table: a
 * column of users to serve (role user), or events (role item besides; time, kind) of
 * users or sessions, known or new, whose items the model does not know are skipped;
 * columns of quantity (below 0: sent back) and value (seconds looked at, against the mean
 * of the fit) weigh an event as in the fit, otherwise its kind does; NULL:
 * all known users. Users come in the order in which the table first names them. Columns
 * are those of the fit by name, or named by column.<role>, or recognised. Each answer has
 * the bits of a single query, for any number of threads. BATCH */
PERSONA_API int persona_recommender_recommend_table(
    persona_table **out, const persona_recommender *model, const persona_table *table,
    const persona_params *query, persona_task *task, persona_error *error);

/* How good it is on events that it has not learnt from: columns metric, value, low, high
 * (bootstrap over the cases). Options: schema "recommender.evaluate": split = last, time,
 * session, random; metrics; k; against = an algorithm that learns from the same events
 * and is asked the same (rows "popular:ndcg@20", "difference:ndcg@20", "verdict:ndcg@20"
 * = 1 if this one is better, -1 if the other). Fits with the options `fit` on the rest.
 * PERSONA_EDATA: too few events. BATCH, two fits with `against` */
PERSONA_API int persona_recommender_evaluate(persona_table **out,
                                             const persona_table *events,
                                             const persona_params *fit,
                                             const persona_params *evaluate,
                                             persona_task *task, persona_error *error);

#ifdef __cplusplus
}
#endif
#endif
