/* local_model.c: what learners of one series share. */
#include "data/local_model.h"

size_t psn_local_no_scratch(int32_t count, int32_t season)
{
    (void)count;
    (void)season;
    return 0;
}
