/* buffer.h: bytes handed to the host. */
#ifndef PSN_BASE_BUFFER_H
#define PSN_BASE_BUFFER_H

#include "base/text.h"
#include "persona/types.h"

/* Takes over the bytes of the text, also on failure. */
int psn_buffer_from_text(persona_buffer **out, psn_text *text, persona_error *error);
const void *psn_buffer_data(const persona_buffer *buffer);
int64_t psn_buffer_size(const persona_buffer *buffer);
void psn_buffer_free(persona_buffer *buffer);

#endif
