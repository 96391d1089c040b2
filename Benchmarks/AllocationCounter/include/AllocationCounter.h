#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// Allocations of the process since it began; -1 where they cannot be counted.
long allocation_count(void);

#endif
