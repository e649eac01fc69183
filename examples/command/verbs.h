/* verbs.h: what one can type. */
#ifndef COMMAND_VERBS_H
#define COMMAND_VERBS_H

#include "arguments.h"

/* All of them; the last has no name. */
extern const verb verbs[];

#endif
