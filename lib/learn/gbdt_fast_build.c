/* gbdt_fast_build.c: from nodes to tables of masks.
 *
 * Every leaf of a tree is a bit. A node whose condition fails rules out the leaves on its
 * left; the lowest bit left when all nodes have been looked at is the leaf of the row
 * (QuickScorer: Lucchese et al., SIGIR 2015). What the nodes on one feature rule out
 * depends on the value's place among their thresholds only, so it is worked out here for
 * every place and for 8 or 16 trees at once: a line of 64 bytes. Lines are kept once for
 * each place at which a block of trees changes, 200 KB for 100 trees of 31 leaves. */
#include "learn/gbdt_fast.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

static const double FAST_ZERO_WIDTH = 1e-35;
static const int64_t FAST_MAP_MAX = (int64_t)16 << 20;
/* Nodes asked for codes one by one (categories, special zeros): half a second. */
static const int64_t FAST_ASKED_MAX = (int64_t)128 << 20;

/* One node as a block sees it. */
typedef struct fast_item {
    int32_t column, rank;
    int32_t lane;  /* within the block */
    uint64_t keep; /* bits that stay when the node goes right */
    const psn_gbdt_node *node;
} fast_item;

typedef struct fast_builder {
    psn_gbdt_fast *fast;
    const psn_gbdt *model;
    int32_t *column_of;      /* of a feature, -1 = unused */
    int32_t *begin, *leaves; /* of a node: first leaf place and number of leaves below */
    int32_t *middle;         /* first leaf place of its right child */
    fast_item *items;
    int64_t item_room;
    int64_t column_room; /* of block_column */
    int64_t *group_at;   /* of a feature, into group_code */
    double *group_code;
    int64_t asked; /* nodes asked for one code, in all */
} fast_builder;

/* ---- columns and their codes */

static int fast_compare(double a, double b)
{
    return (a > b) - (a < b);
}

static void fast_sort_sift(double *v, int64_t root, int64_t end)
{
    for (int64_t child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end && fast_compare(v[child], v[child + 1]) < 0) child++;
        if (fast_compare(v[root], v[child]) >= 0) return;
        double swap = v[root];
        v[root] = v[child];
        v[child] = swap;
    }
}

static void fast_sort(double *v, int64_t count)
{
    for (int64_t i = count / 2; i-- > 0;) fast_sort_sift(v, i, count);
    for (int64_t end = count; end-- > 1;) {
        double swap = v[0];
        v[0] = v[end];
        v[end] = swap;
        fast_sort_sift(v, 0, end);
    }
}

static int32_t fast_unique(double *v, int64_t count)
{
    int32_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        if (kept == 0 || v[kept - 1] < v[i]) v[kept++] = v[i];
    }
    return kept;
}

/* Which features are asked for, and how many edges at most each has. */
static int fast_find_columns(fast_builder *b, int64_t **counts, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_fast *fast = b->fast;
    const psn_gbdt *model = b->model;
    const int64_t nodes = model->tree_node[model->trees];
    PSN_NEED(*counts = psn_alloc_zero((size_t)model->features, sizeof **counts));
    PSN_NEED(b->column_of = psn_alloc((size_t)model->features, sizeof *b->column_of));
    int64_t *zeros = *counts;
    for (int64_t i = 0; i < nodes; i++) zeros[model->nodes[i].feature]++;
    for (int32_t f = 0; f < model->features; f++) {
        b->column_of[f] = zeros[f] > 0 ? fast->columns++ : -1;
    }
    PSN_NEED(fast->column = psn_alloc_zero((size_t)fast->columns, sizeof *fast->column));
    for (int32_t f = 0; f < model->features; f++) {
        if (b->column_of[f] < 0) continue;
        fast_column *column = &fast->column[b->column_of[f]];
        column->feature = f;
        column->category = model->feature[f].category;
    }
    for (int64_t i = 0; i < nodes; i++) {
        const psn_gbdt_node *node = &model->nodes[i];
        fast_column *column = &fast->column[b->column_of[node->feature]];
        if (node->flags & PSN_GBDT_ZERO_MISSING) column->zero_missing = 1;
        /* groups that no set knows go with the missing, however many there are said to be
         */
        if (column->category && column->groups < node->set_groups)
            column->groups = node->set_groups;
    }
    for (int32_t c = 0; c < fast->columns; c++) {
        fast_column *column = &fast->column[c];
        const int32_t groups = model->feature[column->feature].groups;
        if (column->groups > groups) column->groups = groups;
    }
done:
    return rc;
}

/* All thresholds, those of column c from at[c] on, with room for two more each. */
static void fast_gather(const fast_builder *b, int64_t *at, double *values)
{
    const psn_gbdt *model = b->model;
    for (int64_t i = 0; i < model->tree_node[model->trees]; i++) {
        const psn_gbdt_node *node = &model->nodes[i];
        values[at[b->column_of[node->feature]]++] = node->threshold + 0.0;
    }
}

/* Sorts the thresholds of a column, each once; how many. */
static int32_t fast_edges_of(const fast_column *column, double *values, int64_t count)
{
    if (column->zero_missing) {
        values[count++] = nextafter(-FAST_ZERO_WIDTH, -INFINITY);
        values[count++] = FAST_ZERO_WIDTH;
    }
    fast_sort(values, count);
    return fast_unique(values, count);
}

/* The edges of a column of numbers, padded for the search. */
static int fast_add_edges(psn_gbdt_fast *fast, fast_column *column, const double *values)
{
    while ((1 << column->steps) - 1 < column->edges) column->steps++;
    const int64_t padded = (int64_t)1 << column->steps;
    double *grown =
        psn_resize(fast->edges, (size_t)(fast->edge_count + padded), sizeof *fast->edges);
    if (grown == NULL) return 0;
    fast->edges = grown;
    column->edge_at = fast->edge_count;
    for (int64_t i = 0; i < padded; i++) {
        grown[fast->edge_count + i] = i < column->edges ? values[i] : INFINITY;
    }
    fast->edge_count += padded;
    return 1;
}

static int fast_code_columns(fast_builder *b, const int64_t *counts, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_fast *fast = b->fast;
    const int64_t nodes = b->model->tree_node[b->model->trees];
    double *values = NULL;
    int64_t *end = NULL, codes = 0, from = 0;
    PSN_NEED(values = psn_alloc((size_t)(nodes + 2 * fast->columns), sizeof *values));
    PSN_NEED(end = psn_alloc((size_t)fast->columns, sizeof *end));
    for (int32_t c = 0; c < fast->columns; c++) {
        end[c] = from;
        from += counts[fast->column[c].feature] + 2;
    }
    fast_gather(b, end, values);
    for (int32_t c = 0; c < fast->columns; c++) {
        fast_column *column = &fast->column[c];
        const int64_t count = counts[column->feature];
        column->code_at = (int32_t)codes;
        if (column->category) {
            column->missing = column->groups;
        } else {
            double *own = values + end[c] - count;
            column->edges = fast_edges_of(column, own, count);
            PSN_NEED(fast_add_edges(fast, column, own) ? own : NULL);
            column->missing = column->edges + 1;
        }
        if (column->category || column->zero_missing)
            b->asked += (column->missing + 1) * count;
        codes += column->missing + 1;
        if (codes > INT32_MAX / 2) codes = INT32_MAX / 2; /* refused later */
    }
    fast->codes = (int32_t)codes;
done:
    psn_release(values);
    psn_release(end);
    return rc;
}

/* ---- lanes and leaves */

/* Places of leaves from left to right: sizes from below, places from above. */
static void fast_place_tree(fast_builder *b, int32_t t)
{
    const psn_gbdt *model = b->model;
    psn_gbdt_fast *fast = b->fast;
    const int64_t first = model->tree_node[t];
    const int32_t nodes = (int32_t)(model->tree_node[t + 1] - first);
    const psn_gbdt_node *node = model->nodes + first;
    int32_t *begin = b->begin + first, *leaves = b->leaves + first;
    double *values = fast->leaf_value + fast->tree_leaf[t];
    const double *from = model->leaf_value + model->tree_leaf[t];
    if (nodes == 0) {
        values[0] = from[0];
        return;
    }
    for (int32_t i = nodes; i-- > 0;) {
        leaves[i] = (node[i].left < 0 ? 1 : leaves[node[i].left]) +
                    (node[i].right < 0 ? 1 : leaves[node[i].right]);
    }
    begin[0] = 0;
    for (int32_t i = 0; i < nodes; i++) {
        const int32_t left = node[i].left, right = node[i].right;
        const int32_t middle = begin[i] + (left < 0 ? 1 : leaves[left]);
        b->middle[first + i] = middle;
        if (left < 0) values[begin[i]] = from[~left];
        if (left >= 0) begin[left] = begin[i];
        if (right < 0) values[middle] = from[~right];
        if (right >= 0) begin[right] = middle;
    }
}

static int fast_place(fast_builder *b, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_gbdt *model = b->model;
    psn_gbdt_fast *fast = b->fast;
    const size_t nodes = (size_t)model->tree_node[model->trees];
    PSN_NEED(b->begin = psn_alloc(nodes, sizeof *b->begin));
    PSN_NEED(b->leaves = psn_alloc(nodes, sizeof *b->leaves));
    PSN_NEED(b->middle = psn_alloc(nodes, sizeof *b->middle));
    PSN_NEED(fast->tree_lane = psn_alloc((size_t)model->trees + 1, sizeof(int32_t)));
    PSN_NEED(fast->tree_leaf = psn_alloc((size_t)model->trees, sizeof(int64_t)));
    int64_t most = 0, lanes = 0;
    for (int32_t t = 0; t < model->trees; t++) {
        int64_t count = model->tree_leaf[t + 1] - model->tree_leaf[t];
        if (count > most) most = count;
    }
    fast->lane_bits = most <= 32 ? 32 : 64;
    fast->line_lanes = FAST_LINE * 8 / fast->lane_bits;
    fast->single = most <= 64;
    fast->masks = most <= FAST_LEAVES_MAX;
    if (model->tree_leaf[model->trees] > INT32_MAX) fast->masks = 0;
    for (int32_t t = 0; fast->masks && t < model->trees; t++) {
        int64_t count = model->tree_leaf[t + 1] - model->tree_leaf[t];
        fast->tree_lane[t] = (int32_t)lanes;
        fast->tree_leaf[t] = lanes * fast->lane_bits;
        lanes += (count + fast->lane_bits - 1) / fast->lane_bits;
    }
    PSN_NEED(fast->leaf_value =
                 psn_alloc_zero((size_t)lanes * (size_t)fast->lane_bits, sizeof(double)));
    for (int32_t t = 0; fast->masks && t < model->trees; t++) fast_place_tree(b, t);
    fast->tree_lane[model->trees] = (int32_t)lanes;
    fast->lanes = (int32_t)lanes;
    fast->blocks = (int32_t)((lanes + fast->line_lanes - 1) / fast->line_lanes);
    if (fast->columns > UINT16_MAX) fast->masks = 0;
    if ((int64_t)fast->codes * fast->blocks > FAST_MAP_MAX) fast->masks = 0;
    if (b->asked > FAST_ASKED_MAX) fast->masks = 0;
done:
    return rc;
}

/* ---- lines */

/* Bits of word `word` of a tree that survive when leaves [begin, middle) go. */
static uint64_t fast_keep(int32_t begin, int32_t middle, int32_t word, int32_t bits)
{
    int32_t low = begin - word * bits, high = middle - word * bits;
    if (low < 0) low = 0;
    if (high > bits) high = bits;
    if (low >= high) return UINT64_MAX;
    uint64_t gone = high - low == 64 ? UINT64_MAX : ((uint64_t)1 << (high - low)) - 1;
    return ~(gone << low);
}

static int32_t fast_rank(const psn_gbdt_fast *fast, const fast_column *column,
                         double edge)
{
    const double *edges = fast->edges + column->edge_at;
    int32_t low = 0, high = column->edges - 1;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (edges[middle] < edge) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int fast_add_item(fast_builder *b, int64_t *count, const fast_item *item)
{
    if (*count == b->item_room) {
        int64_t room = b->item_room * 2 + 256;
        fast_item *grown = psn_resize(b->items, (size_t)room, sizeof *grown);
        if (grown == NULL) return 0;
        b->items = grown;
        b->item_room = room;
    }
    b->items[(*count)++] = *item;
    return 1;
}

/* The nodes of tree t that matter to its lanes in this block. */
static int fast_tree_items(fast_builder *b, int32_t t, int32_t block, int64_t *count)
{
    const psn_gbdt_fast *fast = b->fast;
    const psn_gbdt *model = b->model;
    const int32_t first_lane = block * fast->line_lanes;
    for (int32_t lane = fast->tree_lane[t]; lane < fast->tree_lane[t + 1]; lane++) {
        if (lane < first_lane || lane >= first_lane + fast->line_lanes) continue;
        for (int64_t i = model->tree_node[t]; i < model->tree_node[t + 1]; i++) {
            const psn_gbdt_node *node = &model->nodes[i];
            fast_item item = {.column = b->column_of[node->feature],
                              .lane = lane - first_lane,
                              .keep =
                                  fast_keep(b->begin[i], b->middle[i],
                                            lane - fast->tree_lane[t], fast->lane_bits),
                              .node = node};
            if (item.keep == UINT64_MAX) continue;
            const fast_column *column = &fast->column[item.column];
            if (!column->category) item.rank = fast_rank(fast, column, node->threshold);
            if (!fast_add_item(b, count, &item)) return 0;
        }
    }
    return 1;
}

static int fast_item_before(const fast_item *a, const fast_item *b)
{
    return a->column != b->column ? a->column < b->column : a->rank < b->rank;
}

static void fast_sort_items(fast_item *items, int64_t count)
{
    for (int64_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
        for (int64_t i = gap; i < count; i++) {
            fast_item item = items[i];
            int64_t j = i;
            for (; j >= gap && fast_item_before(&item, &items[j - gap]); j -= gap) {
                items[j] = items[j - gap];
            }
            items[j] = item;
        }
    }
}

static void fast_line_and(uint8_t *line, const fast_item *item, int32_t lane_bits)
{
    if (lane_bits == 32) {
        uint32_t word, keep = (uint32_t)item->keep;
        memcpy(&word, line + 4 * item->lane, sizeof word);
        word &= keep;
        memcpy(line + 4 * item->lane, &word, sizeof word);
    } else {
        uint64_t word;
        memcpy(&word, line + 8 * item->lane, sizeof word);
        word &= item->keep;
        memcpy(line + 8 * item->lane, &word, sizeof word);
    }
}

/* A new line at the end of the block, a copy of `like` (NULL: all leaves possible). */
static uint8_t *fast_new_line(psn_gbdt_fast *fast, const uint8_t *like)
{
    uint8_t copy[FAST_LINE];
    if (like != NULL) {
        memcpy(copy, like, FAST_LINE);
    } else {
        memset(copy, 0xff, FAST_LINE);
    }
    if (fast->line_count == fast->line_room) {
        int64_t room = fast->line_room * 2 + 256;
        uint8_t *grown = psn_alloc_aligned((size_t)room, FAST_LINE);
        if (grown == NULL) return NULL;
        if (fast->line_count > 0) {
            memcpy(grown, fast->lines, (size_t)fast->line_count * FAST_LINE);
        }
        psn_release_aligned(fast->lines);
        fast->lines = grown;
        fast->line_room = room;
    }
    uint8_t *line = fast->lines + (size_t)fast->line_count++ * FAST_LINE;
    memcpy(line, copy, FAST_LINE);
    return line;
}

static void fast_set_code(psn_gbdt_fast *fast, int32_t block, int32_t code, int64_t line)
{
    const uint16_t at = (uint16_t)(line - fast->block_line[block]);
    fast->by_code[(size_t)code * (size_t)fast->blocks + (size_t)block] = at;
    fast->by_block[(size_t)block * (size_t)fast->codes + (size_t)code] = at;
}

/* Numbers without special zeros: the line changes where a threshold is passed. */
static int fast_number_lines(fast_builder *b, int32_t block, const fast_item *items,
                             int64_t count)
{
    psn_gbdt_fast *fast = b->fast;
    const fast_column *column = &fast->column[items[0].column];
    uint8_t *line = fast_new_line(fast, NULL);
    if (line == NULL) return 0;
    int64_t next = 0;
    for (int32_t code = 0; code <= column->edges; code++) {
        int fresh = next < count && items[next].rank < code;
        if (fresh) {
            line = fast_new_line(fast, fast->lines + (fast->line_count - 1) * FAST_LINE);
            if (line == NULL) return 0;
        }
        while (next < count && items[next].rank < code) {
            fast_line_and(line, &items[next++], fast->lane_bits);
        }
        fast_set_code(fast, block, column->code_at + code, fast->line_count - 1);
    }
    return 1;
}

/* One code, every node asked: for categories, missing values and special zeros. x is a
 * value with that code. */
static int fast_asked_line(fast_builder *b, int32_t block, const fast_item *items,
                           int64_t count, int32_t code, double x)
{
    psn_gbdt_fast *fast = b->fast;
    uint8_t *line = fast_new_line(fast, NULL);
    if (line == NULL) return 0;
    for (int64_t i = 0; i < count; i++) {
        if (psn_gbdt_goes_left(b->model, items[i].node, x)) continue;
        fast_line_and(line, &items[i], fast->lane_bits);
    }
    int64_t at = fast->line_count - 1;
    /* The same line again? Looks back a little: groups often come in runs. */
    for (int64_t k = at; k-- > fast->block_line[block] && k + 16 > at;) {
        if (memcmp(fast->lines + k * FAST_LINE, line, FAST_LINE) == 0) {
            fast->line_count--;
            at = k;
            break;
        }
    }
    /* Line numbers within a block have 16 bits. */
    if (at - fast->block_line[block] > UINT16_MAX) fast->masks = 0;
    fast_set_code(fast, block, fast->column[items[0].column].code_at + code, at);
    return 1;
}

/* A code of each group, to ask nodes with; NaN for groups that no code has. */
static int fast_group_codes(fast_builder *b, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_gbdt *model = b->model;
    size_t groups = 0;
    PSN_NEED(b->group_at = psn_alloc((size_t)model->features, sizeof *b->group_at));
    for (int32_t f = 0; f < model->features; f++) {
        b->group_at[f] = (int64_t)groups;
        if (b->column_of[f] >= 0)
            groups += (size_t)b->fast->column[b->column_of[f]].groups;
    }
    PSN_NEED(b->group_code = psn_alloc(groups, sizeof *b->group_code));
    for (size_t i = 0; i < groups; i++) b->group_code[i] = NAN;
    for (int32_t f = 0; f < model->features; f++) {
        const psn_gbdt_feature *feature = &model->feature[f];
        if (b->column_of[f] < 0 || !feature->category) continue;
        double *codes = b->group_code + b->group_at[f];
        const int32_t most = b->fast->column[b->column_of[f]].groups;
        if (feature->unseen >= 0 && feature->unseen < most)
            codes[feature->unseen] = (double)feature->levels;
        for (int32_t i = 0; i < feature->levels; i++) {
            if (feature->group_of == NULL && i >= most) break;
            int32_t group = feature->group_of == NULL ? i : feature->group_of[i];
            if (group >= 0 && group < most) codes[group] = i;
        }
    }
done:
    return rc;
}

static int fast_category_lines(fast_builder *b, int32_t block, const fast_item *items,
                               int64_t count)
{
    const fast_column *column = &b->fast->column[items[0].column];
    const double *codes = b->group_code + b->group_at[column->feature];
    for (int32_t group = 0; group < column->groups && b->fast->masks; group++) {
        if (!fast_asked_line(b, block, items, count, group, codes[group])) return 0;
    }
    return 1;
}

static int fast_zero_lines(fast_builder *b, int32_t block, const fast_item *items,
                           int64_t count)
{
    const fast_column *column = &b->fast->column[items[0].column];
    const double *edges = b->fast->edges + column->edge_at;
    for (int32_t code = 0; code <= column->edges && b->fast->masks; code++) {
        double x = code < column->edges ? edges[code] : INFINITY;
        if (!fast_asked_line(b, block, items, count, code, x)) return 0;
    }
    return 1;
}

static int fast_column_lines(fast_builder *b, int32_t block, const fast_item *items,
                             int64_t count)
{
    const fast_column *column = &b->fast->column[items[0].column];
    int good = column->category       ? fast_category_lines(b, block, items, count)
               : column->zero_missing ? fast_zero_lines(b, block, items, count)
                                      : fast_number_lines(b, block, items, count);
    return good && fast_asked_line(b, block, items, count, column->missing, NAN);
}

static int fast_note_column(fast_builder *b, int32_t block, int32_t column)
{
    psn_gbdt_fast *fast = b->fast;
    int32_t at = fast->block_first[block + 1];
    if (at == b->column_room) {
        int64_t room = b->column_room * 2 + 64;
        uint16_t *grown = psn_resize(fast->block_column, (size_t)room, sizeof *grown);
        if (grown == NULL) return 0;
        fast->block_column = grown;
        b->column_room = room;
    }
    fast->block_column[at] = (uint16_t)column;
    fast->block_first[block + 1]++;
    return 1;
}

/* 0 when memory is out. `tree` walks along with the blocks. */
static int fast_block(fast_builder *b, int32_t block, int32_t *tree)
{
    psn_gbdt_fast *fast = b->fast;
    const int32_t end_lane = (block + 1) * fast->line_lanes;
    int64_t count = 0;
    for (int32_t t = *tree; t < b->model->trees && fast->tree_lane[t] < end_lane; t++) {
        if (fast->tree_lane[t + 1] <= end_lane) *tree = t + 1;
        if (!fast_tree_items(b, t, block, &count)) return 0;
    }
    fast_sort_items(b->items, count);
    fast->block_line[block] = fast->line_count;
    fast->block_first[block + 1] = fast->block_first[block];
    for (int64_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && b->items[end].column == b->items[i].column;) end++;
        if (!fast_note_column(b, block, b->items[i].column)) return 0;
        if (!fast_column_lines(b, block, b->items + i, end - i)) return 0;
    }
    if (fast->line_count - fast->block_line[block] > UINT16_MAX) fast->masks = 0;
    fast->block_line[block + 1] = fast->line_count;
    return 1;
}

int psn_gbdt_fast_build(psn_gbdt_fast *fast, persona_error *error)
{
    int rc = PERSONA_OK;
    fast_builder b = {.fast = fast, .model = fast->model};
    int64_t *counts = NULL;
    PSN_TRY(fast_find_columns(&b, &counts, error));
    if (fast->columns == 0) goto done; /* every tree is a leaf: walking asks nothing */
    PSN_TRY(fast_code_columns(&b, counts, error));
    PSN_TRY(fast_place(&b, error));
    if (!fast->masks) goto done;
    PSN_TRY(fast_group_codes(&b, error));
    const size_t map = (size_t)fast->codes * (size_t)fast->blocks;
    PSN_NEED(fast->by_code = psn_alloc_zero(map, sizeof *fast->by_code));
    PSN_NEED(fast->by_block = psn_alloc_zero(map, sizeof *fast->by_block));
    PSN_NEED(fast->block_line =
                 psn_alloc_zero((size_t)fast->blocks + 1, sizeof(int64_t)));
    PSN_NEED(fast->block_first =
                 psn_alloc_zero((size_t)fast->blocks + 1, sizeof(int32_t)));
    int32_t tree = 0;
    for (int32_t block = 0; block < fast->blocks && fast->masks; block++) {
        if (!fast_block(&b, block, &tree)) PSN_TRY(psn_fail_memory(error));
    }
done:
    psn_release(counts);
    psn_release(b.column_of);
    psn_release(b.begin);
    psn_release(b.leaves);
    psn_release(b.middle);
    psn_release(b.items);
    psn_release(b.group_at);
    psn_release(b.group_code);
    return rc;
}
