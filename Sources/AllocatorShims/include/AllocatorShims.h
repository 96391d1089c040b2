#ifndef ALLOCATOR_SHIMS_H
#define ALLOCATOR_SHIMS_H

/// Makes the C library's allocator suit a server in which one thread does nearly all the allocation, and buffers come and go
/// at the pace of a window. To be called before there are threads. Does nothing where the library is not glibc.
void allocator_suit_server(void);

#endif
