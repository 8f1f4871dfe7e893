#include "expiry_queue.h"

#include "invariant.h"

#include <stdbool.h>
#include <string.h>

#define CHILDREN 4

void expiry_queue_clear(struct expiry_queue *queue, uint32_t compartments)
{
    memset(queue->place, 0xff, (size_t)compartments * sizeof *queue->place);
    memset(queue->counts, 0, SIZE_COUNT * sizeof *queue->counts);
}

static bool earlier(const struct expiry_queue *queue, uint32_t a, uint32_t b)
{
    const int64_t a_ms = door_expires_at_ms(&queue->doors[a]);
    const int64_t b_ms = door_expires_at_ms(&queue->doors[b]);
    return a_ms != b_ms ? a_ms < b_ms : a < b;
}

static void put(struct expiry_queue *queue, uint32_t *heap, uint32_t place, uint32_t compartment)
{
    heap[place] = compartment;
    queue->place[compartment] = place;
}

static void sift_up(struct expiry_queue *queue, uint32_t *heap, uint32_t place,
                    uint32_t compartment)
{
    while (place > 0) {
        const uint32_t parent = (place - 1) / CHILDREN;
        if (!earlier(queue, compartment, heap[parent]))
            break;
        put(queue, heap, place, heap[parent]);
        place = parent;
    }
    put(queue, heap, place, compartment);
}

static void sift_down(struct expiry_queue *queue, uint32_t *heap, uint32_t count, uint32_t place,
                      uint32_t compartment)
{
    for (;;) {
        const uint64_t first = (uint64_t)place * CHILDREN + 1;
        if (first >= count)
            break;
        uint32_t best = (uint32_t)first;
        for (uint32_t child = best + 1; child < first + CHILDREN && child < count; child++) {
            if (earlier(queue, heap[child], heap[best]))
                best = child;
        }
        if (!earlier(queue, heap[best], compartment))
            break;
        put(queue, heap, place, heap[best]);
        place = best;
    }
    put(queue, heap, place, compartment);
}

void expiry_queue_insert(struct expiry_queue *queue, uint32_t compartment)
{
    const uint8_t size = door_size(&queue->doors[compartment]);
    sift_up(queue, queue->heap + queue->base[size], queue->counts[size]++, compartment);
}

void expiry_queue_remove(struct expiry_queue *queue, uint32_t compartment)
{
    const uint8_t size = door_size(&queue->doors[compartment]);
    uint32_t *heap = queue->heap + queue->base[size];
    const uint32_t place = queue->place[compartment];
    INVARIANT(place < queue->counts[size]);
    const uint32_t last = heap[--queue->counts[size]];
    queue->place[compartment] = EXPIRY_QUEUE_OUT;
    if (last == compartment)
        return;
    /* Its parents are no later than the one that goes: the last one, which takes its place, need
     * look at them only when it is earlier than that, which is in the cache as they are not. */
    if (earlier(queue, last, compartment))
        sift_up(queue, heap, place, last);
    else
        sift_down(queue, heap, queue->counts[size], place, last);
}

void expiry_queue_expect_removal(const struct expiry_queue *queue, uint32_t compartment)
{
    const uint32_t *heap = queue->heap + queue->base[door_size(&queue->doors[compartment])];
    const size_t place = queue->place[compartment];
    __builtin_prefetch(&heap[place], 1);
    __builtin_prefetch(&heap[place * CHILDREN + 1], 1);
}

uint32_t expiry_queue_first_of(const struct expiry_queue *queue, enum parcel_size size)
{
    return queue->counts[size] > 0 ? queue->heap[queue->base[size]] : COMPARTMENT_NONE;
}

struct due_search {
    const struct expiry_queue *queue;
    const uint32_t *heap;
    uint32_t count;
    int64_t now_ms;
};

/* The best of the heap from this place downwards and of what was found before. Nothing below is
 * earlier than what stands above it, so it ends at whatever is not due, or of use, or later than
 * the best. As deep as the heap, at most 16. */
static uint32_t search_due(const struct due_search *search, uint32_t place, uint32_t best)
{
    if (place >= search->count)
        return best;
    const uint32_t compartment = search->heap[place];
    if (best != COMPARTMENT_NONE && !earlier(search->queue, compartment, best))
        return best;
    const struct door *door = &search->queue->doors[compartment];
    const struct access_token token = door_token(door, compartment);
    if (access_token_compartment_if_valid(&token, search->now_ms) != COMPARTMENT_NONE)
        return best;
    if (!door_is_out(door))
        return compartment;
    for (uint32_t child = 1; child <= CHILDREN; child++)
        best = search_due(search, place * CHILDREN + child, best);
    return best;
}

uint32_t expiry_queue_first_of_use(const struct expiry_queue *queue, enum parcel_size size,
                                   int64_t now_ms)
{
    const struct due_search search = {
        .queue = queue,
        .heap = queue->heap + queue->base[size],
        .count = queue->counts[size],
        .now_ms = now_ms,
    };
    return search_due(&search, 0, COMPARTMENT_NONE);
}

uint32_t expiry_queue_first(const struct expiry_queue *queue)
{
    uint32_t first = COMPARTMENT_NONE;
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        const uint32_t candidate = expiry_queue_first_of(queue, (enum parcel_size)size);
        if (candidate != COMPARTMENT_NONE &&
            (first == COMPARTMENT_NONE || earlier(queue, candidate, first)))
            first = candidate;
    }
    return first;
}
