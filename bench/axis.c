#include "axis.h"

#include <math.h>
#include <stdio.h>

/* So many decades or fewer, and a log axis has ticks at 2 and 5 too. */
#define SHORT_LOG_DECADES 2.05

#define LINEAR_TICKS 5

/* Steps and powers of ten are never exact in binary. */
#define HAIR 1e-9

/* Values of a long axis that are nearer to each other would have their ticks' texts overlap. */
#define VALUES_APART 0.035

/* Keep the values that get a tick in ascending order, each once. */
static void keep_value(struct axis *axis, double value)
{
    unsigned at = 0;
    while (at < axis->value_count && axis->values[at] < value)
        at++;
    bool is_known = at < axis->value_count && axis->values[at] <= value;
    if (is_known || axis->value_count == AXIS_TICKS_MAX)
        return;
    for (unsigned i = axis->value_count++; i > at; i--)
        axis->values[i] = axis->values[i - 1];
    axis->values[at] = value;
}

void axis_include(struct axis *axis, double value)
{
    if (!isfinite(value) || (axis->is_log && value <= 0))
        return;
    if (axis->ticks_at_values)
        keep_value(axis, value);
    if (!axis->has_range || value < axis->low)
        axis->low = value;
    if (!axis->has_range || value > axis->high)
        axis->high = value;
    axis->has_range = true;
}

/* The step of about so many ticks: 1, 2 or 5 times a power of ten. */
static double step_for(double range)
{
    double rough = range / LINEAR_TICKS;
    double power = pow(10, floor(log10(rough)));
    double lead = rough / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

/* The nearest of 1, 2, 5 times a power of ten that is not above, or not below. */
static double round_log(double value, bool up)
{
    static const double leads[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(value) + HAIR));
    double lead = value / power;
    double best = up ? 10 : 1;
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (up && leads[i] >= lead * (1 - HAIR) && leads[i] < best)
            best = leads[i];
        if (!up && leads[i] <= lead * (1 + HAIR) && leads[i] > best)
            best = leads[i];
    }
    return best * power;
}

void axis_settle(struct axis *axis)
{
    if (!axis->has_range) {
        axis->low = 1;
        axis->high = 10;
        axis->has_range = true;
    }
    if (axis->ticks_at_values) {
        double margin = pow(axis->high / axis->low, 0.03) * 1.05;
        axis->low /= margin;
        axis->high *= margin;
        return;
    }
    if (axis->is_log) {
        axis->low = round_log(axis->low, false);
        axis->high = round_log(axis->high, true);
        if (axis->high <= axis->low * (1 + HAIR))
            axis->high = axis->low * 10;
        return;
    }
    axis->low = axis->low < 0 ? axis->low : 0;
    if (axis->high <= axis->low)
        axis->high = axis->low + 1;
    double step = step_for(axis->high - axis->low);
    axis->low = floor(axis->low / step + HAIR) * step;
    axis->high = ceil(axis->high / step - HAIR) * step;
}

double axis_place(const struct axis *axis, double value)
{
    double place;
    if (axis->is_log)
        place = value <= axis->low ? 0 : log(value / axis->low) / log(axis->high / axis->low);
    else
        place = (value - axis->low) / (axis->high - axis->low);
    return place < 0 ? 0 : place > 1 ? 1 : place;
}

static unsigned add_tick(const struct axis *axis, struct tick *ticks, unsigned count, double value)
{
    if (count == AXIS_TICKS_MAX || value < axis->low * (1 - HAIR) ||
        value > axis->high * (1 + HAIR) + HAIR * (axis->high - axis->low))
        return count;
    ticks[count].value = value;
    axis_text(axis, value, ticks[count].text, sizeof ticks[count].text);
    return count + 1;
}

unsigned axis_ticks(const struct axis *axis, struct tick ticks[AXIS_TICKS_MAX])
{
    unsigned count = 0;
    double last = -1;
    for (unsigned i = 0; axis->ticks_at_values && i < axis->value_count; i++) {
        double place = axis_place(axis, axis->values[i]);
        if (place - last < VALUES_APART)
            continue;
        last = place;
        count = add_tick(axis, ticks, count, axis->values[i]);
    }
    if (axis->ticks_at_values)
        return count;
    if (!axis->is_log) {
        double step = step_for(axis->high - axis->low);
        for (unsigned i = 0; i < AXIS_TICKS_MAX; i++)
            count = add_tick(axis, ticks, count, axis->low + i * step);
        return count;
    }
    double decades = log10(axis->high / axis->low);
    bool all = decades <= SHORT_LOG_DECADES && axis->unit != AXIS_PERCENTILE;
    int stride = (int)ceil(decades / (AXIS_TICKS_MAX - 2.0));
    int last_power = (int)floor(log10(axis->high) + HAIR);
    for (int power = (int)floor(log10(axis->low) + HAIR); power <= last_power; power += stride) {
        count = add_tick(axis, ticks, count, pow(10, power));
        if (all)
            count = add_tick(axis, ticks, count, 2 * pow(10, power));
        if (all)
            count = add_tick(axis, ticks, count, 5 * pow(10, power));
    }
    return count;
}

static void scaled(double value, const char *const units[4], const char *gap, char *text,
                   size_t size)
{
    unsigned unit = 0;
    double shown = value;
    while (unit + 1 < 4 && shown >= 1000 * (1 - HAIR)) {
        shown /= 1000;
        unit++;
    }
    snprintf(text, size, "%.3g%s%s", shown, units[unit][0] == '\0' ? "" : gap, units[unit]);
}

void axis_text(const struct axis *axis, double value, char *text, size_t size)
{
    static const char *const numbers[] = {"", "k", "M", "G"};
    static const char *const times[] = {"ns", "µs", "ms", "s"};
    switch (axis->unit) {
    case AXIS_NUMBER:
        scaled(value, numbers, "", text, size);
        break;
    case AXIS_NS:
        scaled(value, times, " ", text, size);
        break;
    case AXIS_PERCENTILE:
        snprintf(text, size, "%.8g %%", 100 * (1 - 1 / value));
        break;
    }
}
