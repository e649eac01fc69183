/* buffer.c: bytes handed to the host, always with a NUL behind the last. */
#include "base/buffer.h"

#include "base/error.h"
#include "base/memory.h"

struct persona_buffer {
    char *bytes;
    int64_t size;
};

int psn_buffer_from_text(persona_buffer **out, psn_text *text, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_buffer *buffer = NULL;
    *out = NULL;
    psn_text_append(text, "", 0); /* an empty text has no bytes yet */
    if (!text->failed) buffer = psn_alloc(1, sizeof *buffer);
    PSN_NEED(buffer);
    *buffer = (persona_buffer){.bytes = text->bytes, .size = (int64_t)text->length};
    *text = (psn_text){0};
    *out = buffer;
done:
    psn_text_free(text);
    return rc;
}

const void *psn_buffer_data(const persona_buffer *buffer)
{
    return buffer == NULL ? NULL : buffer->bytes;
}

int64_t psn_buffer_size(const persona_buffer *buffer)
{
    return buffer == NULL ? 0 : buffer->size;
}

void psn_buffer_free(persona_buffer *buffer)
{
    if (buffer == NULL) return;
    psn_release(buffer->bytes);
    psn_release(buffer);
}
