/* Better or not, as PyTorch's ReduceLROnPlateau.is_better has it. */
#include "optim/trend.h"

#include <math.h>
#include <stddef.h>

const char *const metric_words[] = {"validation_loss", "validation_accuracy", NULL};

void trend_note(Trend *trend, Metric metric, double figure, double threshold, bool relative)
{
    double way = metric == METRIC_LOSS ? -1 : 1;
    double limit = relative ? trend->best * (1 + way * threshold) : trend->best + way * threshold;
    bool better = trend->seen == 0 || (metric == METRIC_LOSS ? figure < limit : figure > limit);
    better = better && isfinite(figure);
    if (trend->seen == 0)
        trend->best = -way * HUGE_VAL; /* any figure is better */
    trend->seen++;
    trend->bad = better ? 0 : trend->bad + 1;
    if (better)
        trend->best = figure;
}
