#include "AllocatorShims.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void allocator_suit_server(void) {
#ifdef __GLIBC__
    // An arena of a thread's own grows by what is missing, a page at a time, with a system call for each.
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, 1 << 20);
    // Memory that goes back to the kernel has to be cleared before it is had again. These two would be learned, but setting
    // any one of them stops that.
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
}
