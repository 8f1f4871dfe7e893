#include "free_set.h"

#include <string.h>

static uint32_t words_for(uint32_t bits)
{
    return bits / 64 + (bits % 64 != 0);
}

size_t free_set_words(uint32_t limit)
{
    size_t words = 0;
    uint32_t bits = limit ? limit : 1;
    do {
        bits = words_for(bits);
        words += bits;
    } while (bits > 1);
    return words;
}

void free_set_attach(struct free_set *set, uint64_t *words, uint32_t limit)
{
    uint32_t bits = limit ? limit : 1;
    *set = (struct free_set){.levels = 0};
    do {
        set->level[set->levels] = words;
        bits = words_for(bits);
        set->words[set->levels++] = bits;
        words += bits;
    } while (bits > 1);
}

void free_set_clear(struct free_set *set)
{
    for (uint32_t i = 0; i < set->levels; i++)
        memset(set->level[i], 0, (size_t)set->words[i] * sizeof(uint64_t));
}

void free_set_insert(struct free_set *set, uint32_t member)
{
    for (uint32_t i = 0; i < set->levels; i++, member /= 64) {
        uint64_t *word = &set->level[i][member / 64];
        const bool had_any = *word != 0;
        *word |= UINT64_C(1) << (member % 64);
        if (had_any)
            return;
    }
}

void free_set_remove(struct free_set *set, uint32_t member)
{
    for (uint32_t i = 0; i < set->levels; i++, member /= 64) {
        uint64_t *word = &set->level[i][member / 64];
        *word &= ~(UINT64_C(1) << (member % 64));
        if (*word != 0)
            return;
    }
}

bool free_set_has(const struct free_set *set, uint32_t member)
{
    return (set->level[0][member / 64] >> (member % 64) & 1) != 0;
}

/* Down from a word of level i that is known to have a bit, to its smallest member. */
static uint32_t free_set_descend(const struct free_set *set, uint32_t i, uint32_t word)
{
    uint32_t member = word;
    for (uint32_t level = i + 1; level-- > 0;)
        member = member * 64 + (uint32_t)__builtin_ctzll(set->level[level][member]);
    return member;
}

uint32_t free_set_next(const struct free_set *set, uint32_t from)
{
    for (uint32_t i = 0; i < set->levels && from / 64 < set->words[i]; i++) {
        const uint32_t word = from / 64;
        const uint64_t rest = set->level[i][word] >> (from % 64) << (from % 64);
        if (rest != 0) {
            const uint32_t bit = word * 64 + (uint32_t)__builtin_ctzll(rest);
            return i == 0 ? bit : free_set_descend(set, i - 1, bit);
        }
        from = word + 1; /* nothing more in this word: look for a later one, a level up */
    }
    return FREE_SET_NONE;
}

uint32_t free_set_lowest(const struct free_set *set)
{
    const uint32_t top = set->levels - 1;
    return set->level[top][0] == 0 ? FREE_SET_NONE : free_set_descend(set, top, 0);
}
