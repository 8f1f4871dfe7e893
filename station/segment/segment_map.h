/*
 * Mapping and judging a segment: for the files of this layer only.
 */
#ifndef LOCKER_SEGMENT_MAP_H
#define LOCKER_SEGMENT_MAP_H

#include "segment.h"

uint64_t segment_layout_fingerprint(void);

/* Where the locker's memory starts. */
size_t segment_locker_offset(void);

/* Map size bytes of fd, which are not looked at; on success the segment owns fd. */
int segment_map_fd(struct segment *segment, int fd, size_t size, bool readonly)
    __attribute__((warn_unused_result));

/* View the locker's memory, which has been judged. */
void segment_attach_locker(struct segment *segment);

/* As segment_lock(), waiting at most so long. */
int segment_lock_within(struct segment *segment, int limit_ms, bool *recovered)
    __attribute__((warn_unused_result));

/* Whether a mapped file of segment->size bytes, more than segment_locker_offset(), is a ready
 * segment of this layout. 0 and *shape, or -ESTALE with the reason in why (may be NULL). */
int segment_judge_header(const struct segment *segment, struct locker_shape *shape, char *why,
                         size_t why_size) __attribute__((warn_unused_result));

#endif
