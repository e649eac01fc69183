/* The process's open models: path -> the newest model read from there.
 *
 * PHP frees its objects after each request, so something in the process must hold on to
 * the models between requests. A lookup compares the stamp of the path (device, inode,
 * size, time) with that of the file the model was read from, under the lock; reading
 * happens outside it. Two threads that read at once agree afterwards on the one that came
 * first.
 *
 * A stamp can lie for a moment: clocks of file systems tick in milliseconds to seconds,
 * and a third file can get the inode of the first. So for the first seconds after a load
 * each open also reads the header again (3 us), whose checksum covers everything.
 *
 * The list has room for 256 paths; the one unused for longest makes place. A model that
 * leaves the list lives until its last reference and query are gone. */
#include "shop/model.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"

enum { REGISTRY_PATHS = 256 };
static const int64_t registry_doubt_ns = 3000000000;

typedef struct registry_entry {
    char *path;
    persona_model *model; /* one reference */
    psn_model_origin origin;
    int64_t loaded_ns;
    int trusted; /* the stamp was compared when its clock had moved on */
    uint64_t used;
} registry_entry;

/* All under psn_os_lock. */
static registry_entry registry[REGISTRY_PATHS];
static uint64_t registry_uses;

static int registry_same_stamp(const psn_os_stamp *a, const psn_os_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns;
}

static registry_entry *registry_find(const char *path)
{
    for (size_t i = 0; i < REGISTRY_PATHS; i++) {
        if (registry[i].path != NULL && strcmp(registry[i].path, path) == 0)
            return &registry[i];
    }
    return NULL;
}

/* A free entry, or the one unused for longest. */
static registry_entry *registry_place(void)
{
    registry_entry *oldest = &registry[0];
    for (size_t i = 0; i < REGISTRY_PATHS; i++) {
        if (registry[i].path == NULL) return &registry[i];
        if (registry[i].used < oldest->used) oldest = &registry[i];
    }
    return oldest;
}

/* Header and stamp of the file as it is now. */
static int registry_peek(const char *path, psn_model_origin *out, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_os_file *file = NULL;
    size_t have = 0, got = 1;
    memset(out, 0, sizeof *out);
    PSN_TRY(psn_os_open_read(&file, path, error));
    PSN_TRY(psn_os_stamp_of(file, &out->stamp, error));
    while (have < sizeof out->head && got > 0) {
        PSN_TRY(
            psn_os_read(file, out->head + have, sizeof out->head - have, &got, error));
        have += got;
    }
done:
    if (file != NULL) psn_os_close(file);
    return rc;
}

/* A new reference to the model of `path` if it was read from the file with that stamp;
 * *known tells how it was read and whether the stamp alone is to be trusted. */
static persona_model *registry_lookup(const char *path, const psn_os_stamp *stamp,
                                      registry_entry *known)
{
    persona_model *model = NULL;
    psn_os_lock();
    registry_entry *entry = registry_find(path);
    if (entry != NULL && registry_same_stamp(&entry->origin.stamp, stamp)) {
        entry->used = ++registry_uses;
        *known = *entry;
        model = psn_model_ref(entry->model);
    }
    psn_os_unlock();
    return model;
}

static void registry_trust(const char *path, const persona_model *model)
{
    psn_os_lock();
    registry_entry *entry = registry_find(path);
    if (entry != NULL && entry->model == model) entry->trusted = 1;
    psn_os_unlock();
}

/* The model in the list if the file is still the one it was read from, else NULL. */
static int registry_get(persona_model **out, const char *path, persona_error *error)
{
    psn_os_stamp stamp;
    psn_model_origin now;
    registry_entry known;
    *out = NULL;
    int rc = psn_os_stamp_path(path, &stamp, error);
    if (rc != PERSONA_OK) return rc;
    persona_model *model = registry_lookup(path, &stamp, &known);
    if (model == NULL || known.trusted) {
        *out = model;
        return PERSONA_OK;
    }
    const int64_t age = psn_os_monotonic_ns() - known.loaded_ns;
    rc = registry_peek(path, &now, error);
    if (rc == PERSONA_OK && registry_same_stamp(&now.stamp, &known.origin.stamp) &&
        memcmp(now.head, known.origin.head, sizeof now.head) == 0) {
        if (age > registry_doubt_ns) registry_trust(path, model);
        *out = model;
        return PERSONA_OK;
    }
    psn_model_free(model);
    return rc;
}

/* What leaves the list, to be freed outside the lock. */
typedef struct registry_waste {
    char *path;
    persona_model *model;
} registry_waste;

/* Puts *model into the list, or exchanges it for the one that another thread has put
 * there from the same file meanwhile. `path` is taken over. */
static registry_waste registry_put(persona_model **model, char *path,
                                   const psn_model_origin *origin, int64_t loaded_ns)
{
    registry_waste waste = {.path = path};
    psn_os_lock();
    registry_entry *entry = registry_find(path);
    if (entry != NULL && registry_same_stamp(&entry->origin.stamp, &origin->stamp) &&
        memcmp(entry->origin.head, origin->head, sizeof origin->head) == 0) {
        waste.model = *model;
        *model = psn_model_ref(entry->model);
    } else {
        if (entry == NULL) {
            entry = registry_place();
            waste.path = entry->path;
            entry->path = path;
        }
        waste.model = entry->model;
        entry->model = psn_model_ref(*model);
        entry->origin = *origin;
        entry->loaded_ns = loaded_ns;
        entry->trusted = 0;
    }
    entry->used = ++registry_uses;
    psn_os_unlock();
    return waste;
}

int psn_model_open(persona_model **out, const char *path, const persona_params *load,
                   persona_error *error)
{
    int rc = PERSONA_OK;
    char *copy = NULL;
    persona_model *model = NULL;
    psn_model_origin origin;
    *out = NULL;
    PSN_TRY(psn_params_expect(load, &psn_model_load_schema, error));
    PSN_TRY(registry_get(&model, path, error));
    if (model == NULL) {
        PSN_NEED(copy = psn_copy_text(path, strlen(path)));
        const int64_t begun_ns = psn_os_monotonic_ns();
        PSN_TRY(psn_model_read(&model, path, load, NULL, &origin, error));
        registry_waste waste = registry_put(&model, copy, &origin, begun_ns);
        copy = NULL;
        psn_release(waste.path);
        psn_model_free(waste.model);
    }
    *out = model;
done:
    psn_release(copy);
    return rc;
}

void psn_model_close_all(void)
{
    for (size_t i = 0; i < REGISTRY_PATHS; i++) {
        psn_os_lock();
        registry_waste waste = {registry[i].path, registry[i].model};
        memset(&registry[i], 0, sizeof registry[i]);
        psn_os_unlock();
        psn_release(waste.path);
        psn_model_free(waste.model);
    }
}
