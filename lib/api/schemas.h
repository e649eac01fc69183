/* schemas.h: every schema of options of this build, by name. */
#ifndef PSN_API_SCHEMAS_H
#define PSN_API_SCHEMAS_H

#include "base/options.h"

/* PERSONA_EARG for an unknown name, with the names there are. */
int psn_schema_find(const psn_schema **out, const char *name, persona_error *error);

#endif
