// Times in nanoseconds, kept to about one part in 64.
#ifndef HISTOGRAM_H
#define HISTOGRAM_H
#include <stdint.h>

enum { HISTOGRAM_FINENESS = 6, HISTOGRAM_SIZE = (64 - HISTOGRAM_FINENESS) << HISTOGRAM_FINENESS };

struct histogram {
    uint64_t counts[HISTOGRAM_SIZE];
    uint64_t count, greatest;
};

static inline void histogram_record(struct histogram *histogram, int64_t nanoseconds) {
    uint64_t value = nanoseconds > 0 ? (uint64_t)nanoseconds : 0;
    int shift = value >> HISTOGRAM_FINENESS ? 63 - __builtin_clzll(value) - HISTOGRAM_FINENESS : 0;
    // Octave `shift` keeps its values' leading bits; the first two octaves share the step of one.
    uint64_t index = ((uint64_t)shift << HISTOGRAM_FINENESS) + (value >> shift);
    histogram->counts[index]++;
    histogram->count++;
    if (value > histogram->greatest) histogram->greatest = value;
}

/// The value that `share` of all are not above.
static inline uint64_t histogram_quantile(const struct histogram *histogram, double share) {
    uint64_t rank = (uint64_t)(share * (double)histogram->count), seen = 0;
    for (uint64_t index = 0; index < HISTOGRAM_SIZE; index++) {
        seen += histogram->counts[index];
        if (seen <= rank) continue;
        uint64_t shift = index >> HISTOGRAM_FINENESS ? (index >> HISTOGRAM_FINENESS) - 1 : 0;
        uint64_t value = ((index - (shift << HISTOGRAM_FINENESS) + 1) << shift) - 1;
        return value < histogram->greatest ? value : histogram->greatest;
    }
    return histogram->greatest;
}

#endif
