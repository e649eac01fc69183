/* parts.h: the insides of a model as tables, by name (persona_model_part).
 *
 * Some are kept: the fit makes them and they lie in the file. Others are made of the
 * model when somebody asks. Every model also has "options" and "parts", which lists them
 * all. */
#ifndef PSN_SHOP_PARTS_H
#define PSN_SHOP_PARTS_H

#include "shop/model.h"

typedef struct psn_part_kept {
    const char *name; /* "examples" */
    const char *tag;  /* of its chunk in the file */
    const char *hint; /* follows "this model has no part examples", or NULL */
} psn_part_kept;

typedef struct psn_part_made {
    const char *name;
    int (*make)(persona_table **out, const persona_model *model, persona_error *error);
    int (*has)(const persona_model *model); /* listed; NULL: always */
} psn_part_made;

typedef struct psn_parts {
    const psn_part_kept *kept;
    int kept_count;
    const psn_part_made *made;
    int made_count;
} psn_parts;

/* What one model has. */
typedef struct psn_parts_of {
    persona_table *const *kept; /* kept_count; NULL where it has none */
    const persona_table *options;
    int ready; /* 0: a dry run, of which nothing can be made */
} psn_parts_of;

/* PERSONA_EARG for a part that the model has not, or nobody knows. */
int psn_parts_get(persona_table **out, const psn_parts *parts, const psn_parts_of *of,
                  const persona_model *model, const char *name, persona_error *error);
int psn_parts_encode(psn_writer *writer, const psn_parts *parts,
                     persona_table *const *kept, persona_error *error);
/* None is needed. */
int psn_parts_decode(persona_table **kept, const psn_parts *parts, psn_reader *reader,
                     persona_error *error);
void psn_parts_free(persona_table **kept, const psn_parts *parts);

#endif
