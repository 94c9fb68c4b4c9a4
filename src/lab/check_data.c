/* The data file, as its survey finds it: values, labels, features that say nothing, rows that
 * repeat, and whether what is trained on and what is measured on are alike. */
#include "lab/check_inside.h"

#include "data/survey.h"

#include <inttypes.h>
#include <math.h>

/* From here on a line is worth a look, or wrong. */
static const double rows_common = 0.01; /* test rows that train has, too: wrong */
static const double rows_common_look = 0.001;
static const double rows_repeated = 0.01;               /* in train */
static const double classes_apart = 10;                 /* largest over smallest class */
static const double far_out = 20;                       /* deviations from the mean */
static const double shift_look = 0.25, shift_wrong = 1; /* of a mean, in deviations */
static const double surely = 6;                         /* standard errors */
static const double ratio_wrong = 3;                    /* of deviations */
static const double mix_look = 0.1;                     /* of the classes' shares, half the sum */
static const double survey_bytes = 8e9;                 /* more is not read through */

typedef struct Data {
    Check *c;
    const Dataset *set;
    const Survey *survey;
    bool unfit; /* no run can be built on it */
} Data;

static void values(Data *d, Part part, const SurveyPart *p)
{
    const Flaw *nan = &p->x.nan, *infinite = &p->x.infinite;
    int64_t count = nan->count + infinite->count + p->y.nan.count + p->y.infinite.count;
    const Flaw *first = nan->count ? nan : infinite;
    d->unfit |= count > 0;
    if (count == 0)
        verdicts_add(d->c->verdicts, "values", VERDICT_OK, NULL, "%s: all %" PRId64 " are finite",
                     part_name(part), p->x.all.count);
    else if (first->count)
        verdicts_add(
            d->c->verdicts, "values", VERDICT_WRONG,
            "fill or drop such rows before the import (import csv --missing)",
            "%s: %" PRId64 " NaN or infinite, first in row %" PRId64 " of %s, value %" PRId64,
            part_name(part), count, first->row, dataset_x_name(d->set, part), first->place);
    else
        verdicts_add(d->c->verdicts, "values", VERDICT_WRONG,
                     "drop rows without a target before the import",
                     "%s: %" PRId64 " targets are NaN or infinite, first in row %" PRId64,
                     part_name(part), count, p->y.nan.count ? p->y.nan.row : p->y.infinite.row);
}

static void outliers(Data *d, Part part, const SurveyPart *p)
{
    int channels, height, width, worst = -1;
    double most = 0;
    dataset_shape(d->set, &channels, &height, &width);
    for (int c = 0; c < channels; c++) {
        const Spread *s = &p->x.channel[c];
        double away =
            s->deviation > 0 ? fmax(s->most - s->mean, s->mean - s->least) / s->deviation : 0;
        if (away > most) {
            most = away;
            worst = c;
        }
    }
    Judgement verdict = most > far_out ? VERDICT_LOOK : VERDICT_OK;
    verdicts_add(d->c->verdicts, "outliers", verdict,
                 verdict ? "see whether it is a mistake or a code for missing (-999); clip it, or "
                           "take the logarithm"
                         : NULL,
                 "%s: the farthest value is %.3g deviations from its mean (%s %d)", part_name(part),
                 most, channels > 1 ? "feature or channel" : "channel", worst < 0 ? 0 : worst);
}

static void constants(Data *d, Part part, const SurveyPart *p)
{
    if (part != PART_TRAIN)
        return;
    const Values *x = &p->x;
    verdicts_add(d->c->verdicts, "constant", x->constant ? VERDICT_LOOK : VERDICT_OK,
                 x->constant ? "leave them out (import csv --drop), if that is not meant" : NULL,
                 x->constant ? "%" PRId64 " features have one value in all rows, the first is "
                               "feature %" PRId64
                             : "%" PRId64 " features have one value in all rows",
                 x->constant, x->constant_first[0]);
}

static void duplicates(Data *d, Part part, const SurveyPart *p)
{
    double rows = (double)dataset_count(d->set, part);
    if (part == PART_TRAIN) {
        double share = (double)p->duplicates / rows;
        verdicts_add(d->c->verdicts, "duplicates",
                     share > rows_repeated ? VERDICT_LOOK : VERDICT_OK,
                     share > rows_repeated ? "drop them, unless samples are meant to count more "
                                             "than once"
                                           : NULL,
                     "%" PRId64 " rows of %s are repeated (%.2g %%)", p->duplicates,
                     part_name(part), 100 * share);
        return;
    }
    double share = (double)p->in_train / rows;
    Judgement verdict = share > rows_common        ? VERDICT_WRONG
                        : share > rows_common_look ? VERDICT_LOOK
                                                   : VERDICT_OK;
    verdicts_add(d->c->verdicts, "leak", verdict,
                 verdict ? "split again, without rows that repeat: what is measured on them is "
                           "memory"
                         : NULL,
                 "%" PRId64 " rows of %s are in /train, too (%.2g %%)", p->in_train,
                 part_name(part), 100 * share);
}

/* ---- labels ---- */

static void label_range(Data *d, Part part, const SurveyPart *p)
{
    const Labels *l = &p->labels;
    const Flaw *flaw = l->negative.count ? &l->negative : &l->beyond;
    int64_t label = l->negative.count ? l->negative_label : l->beyond_label;
    if (flaw->count) {
        d->unfit = true;
        verdicts_add(d->c->verdicts, "labels", VERDICT_WRONG, "labels are 0 to classes - 1",
                     "%s: %" PRId64 " labels are out of range, the first is %" PRId64
                     " in row %" PRId64,
                     part_name(part), l->negative.count + l->beyond.count, label, flaw->row);
        return;
    }
    int64_t missing = 0, unknown = 0;
    const Labels *train = &d->survey->part[PART_TRAIN].labels;
    for (int k = l->least; k <= l->most && l->most >= 0; k++) {
        missing += l->count[k] == 0;
        unknown += l->count[k] > 0 && (k > train->most || train->count[k] == 0);
    }
    bool shifted = part == PART_TRAIN && l->least > 0;
    Judgement verdict = shifted || unknown              ? VERDICT_WRONG
                        : part == PART_TRAIN && missing ? VERDICT_LOOK
                                                        : VERDICT_OK;
    verdicts_add(d->c->verdicts, "labels", verdict,
                 shifted   ? "subtract the least label: labels are 0 to classes - 1"
                 : unknown ? "split again, so that each class is in /train"
                 : verdict ? "number the classes without gaps: an output is wasted on each"
                           : NULL,
                 shifted   ? "%s: labels are %d to %d, and none is 0: shifted by %" PRId64 "?"
                 : unknown ? "%s: labels are %d to %d; %" PRId64 " classes are not in /train"
                 : verdict ? "%s: labels are %d to %d, of which %" PRId64 " never occur"
                           : "%s: labels are %d to %d",
                 part_name(part), l->least, l->most,
                 shifted   ? (int64_t)l->least
                 : unknown ? unknown
                           : missing);
}

static void balance(Data *d, Part part, const SurveyPart *p)
{
    const Labels *l = &p->labels;
    int64_t least = INT64_MAX, most = 0, rows = dataset_count(d->set, part);
    if (part != PART_TRAIN || l->most < 0)
        return;
    for (int k = 0; k <= l->most; k++) {
        if (l->count[k] > 0)
            least = l->count[k] < least ? l->count[k] : least;
        most = l->count[k] > most ? l->count[k] : most;
    }
    Judgement verdict = (double)most > classes_apart * (double)least ? VERDICT_LOOK : VERDICT_OK;
    verdicts_add(d->c->verdicts, "balance", verdict,
                 verdict ? "loss: {cross_entropy: {class_weights: [...]}}, and see the figures of "
                           "each class (eval --confusion), not the accuracy alone"
                         : NULL,
                 "classes have %" PRId64 " to %" PRId64 " rows; always saying the largest is right "
                 "in %.3g %%",
                 least, most, 100 * (double)most / (double)rows);
}

/* Columns of zeros and ones: deviation^2 = mean (1 - mean). In how many a row has its one. */
static void one_hot(Data *d, Part part, const SurveyPart *p)
{
    int columns = dataset_targets(d->set);
    double ones = 0, rows = (double)dataset_count(d->set, part);
    for (int k = 0; k < columns; k++) {
        const Spread *s = &p->y.channel[k];
        double binary = s->mean * (1 - s->mean);
        if (s->least < 0 || s->most > 1 ||
            fabs(s->deviation * s->deviation - binary) > 1e-6 * (binary + 1e-3))
            return;
        ones += s->mean;
    }
    double odd = rint(fabs(ones - 1) * rows);
    if (columns < 2 || odd > 0.05 * rows)
        return; /* several may be right at once */
    verdicts_add(d->c->verdicts, "one-hot", odd > 0 ? VERDICT_WRONG : VERDICT_LOOK,
                 odd > 0 ? "give each row one 1, or one integer class"
                         : "one integer class a row and loss: cross_entropy",
                 odd > 0 ? "%s: %d columns of 0 and 1, with %.0f %s than rows: a row with two or "
                           "none"
                         : "%s: %d columns of 0 and 1 with one 1 a row are classes",
                 part_name(part), columns, odd, ones > 1 ? "more ones" : "fewer ones");
}

/* ---- alike? ---- */

typedef struct Apart {
    double shift, errors, ratio; /* of the means, in deviations and in standard errors; of those */
    int channel;
} Apart;

static Apart farthest(const Values *a, const Values *b, int channels, double rows_a, double rows_b)
{
    Apart worst = {0, 0, 1, 0};
    for (int c = 0; c < channels; c++) {
        const Spread *s = &a->channel[c], *t = &b->channel[c];
        double both = fmax(s->deviation, t->deviation), least = fmin(s->deviation, t->deviation);
        double shift = both > 0 ? fabs(s->mean - t->mean) / fmax(s->deviation, 1e-3 * both) : 0;
        double errors = shift / sqrt(1 / rows_a + 1 / rows_b);
        double ratio = both > 0 && least > 0 ? both / least : 1;
        if (shift > worst.shift && errors > surely) {
            worst.shift = shift;
            worst.errors = errors;
            worst.channel = c;
        }
        if (ratio > worst.ratio && rows_a > 30 && rows_b > 30)
            worst.ratio = ratio;
    }
    return worst;
}

/* Half the sum of differences of shares, less three times what chance alone makes of it. */
static double mixture(const Labels *a, const Labels *b, double rows_a, double rows_b)
{
    double apart = 0, chance = 0;
    int most = a->most > b->most ? a->most : b->most;
    for (int k = 0; k <= most; k++) {
        double p = k <= a->most ? (double)a->count[k] / rows_a : 0;
        double q = k <= b->most ? (double)b->count[k] / rows_b : 0;
        apart += fabs(p - q) / 2;
        chance += sqrt(p * (1 - p) * (1 / rows_a + 1 / rows_b)) / 2;
    }
    return apart - 3 * chance;
}

static void alike(Data *d, Part part, const SurveyPart *p)
{
    const SurveyPart *train = &d->survey->part[PART_TRAIN];
    double n = (double)dataset_count(d->set, PART_TRAIN), m = (double)dataset_count(d->set, part);
    int channels, height, width;
    dataset_shape(d->set, &channels, &height, &width);
    if (part == PART_TRAIN)
        return;
    Apart x = farthest(&train->x, &p->x, channels, n, m);
    double mix = dataset_classifies(d->set) ? mixture(&train->labels, &p->labels, n, m) : 0;
    Judgement verdict = x.shift > shift_wrong || x.ratio > ratio_wrong ? VERDICT_WRONG
                        : x.shift > shift_look || mix > mix_look       ? VERDICT_LOOK
                                                                       : VERDICT_OK;
    verdicts_add(d->c->verdicts, "parts alike", verdict,
                 verdict ? "prepare both parts alike, and split at random" : NULL,
                 "%s against /train: means %.2g deviations apart (channel %d), deviations by a "
                 "factor of up to %.3g, shares of classes by %.2g",
                 part_name(part), x.shift, x.channel, x.ratio, fmax(mix, 0));
}

static const struct {
    enum { ANY, CLASSES, TARGETS } of;
    void (*judge)(Data *d, Part part, const SurveyPart *p);
} checks[] = {
    {ANY, values},    {CLASSES, label_range}, {CLASSES, balance}, {TARGETS, one_hot},
    {ANY, constants}, {ANY, outliers},        {ANY, duplicates},  {ANY, alike},
};

static void judge(Data *d)
{
    int kind = dataset_classifies(d->set) ? CLASSES : TARGETS;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        for (Part part = 0; part < PART_COUNT; part++)
            if (dataset_count(d->set, part) > 0 &&
                (checks[i].of == ANY || checks[i].of == (unsigned)kind))
                checks[i].judge(d, part, &d->survey->part[part]);
}

/* What the best constant answer is made of. */
static void keep_shares(Data *d)
{
    const SurveyPart *train = &d->survey->part[PART_TRAIN];
    bool classes = dataset_classifies(d->set);
    int count = classes ? train->labels.most + 1 : dataset_targets(d->set);
    d->c->shares = arena_take(&d->c->arena, count, sizeof(double));
    d->c->share_count = count;
    for (int k = 0; k < count; k++)
        d->c->shares[k] =
            classes ? (double)train->labels.count[k] / (double)dataset_count(d->set, PART_TRAIN)
                    : train->y.channel[k].mean;
}

static void survey(Check *c, Dataset *set, bool *unfit)
{
    Survey survey = {0};
    Data d = {.c = c, .set = set, .survey = &survey};
    if ((double)dataset_bytes(set) > survey_bytes) {
        verdicts_add(c->verdicts, "data file", VERDICT_LOOK, "lockstep inspect reads it all",
                     "%.3g GB: too large to be read through here",
                     (double)dataset_bytes(set) / 1e9);
        return;
    }
    Err err = survey_make(&survey, set);
    if (!err) {
        judge(&d);
        keep_shares(&d);
    } else {
        verdicts_add(c->verdicts, "values", VERDICT_WRONG, "mend that row", "%s", err_text(err));
    }
    *unfit = d.unfit || err;
    err_free(err);
    survey_free(&survey);
}

Err check_data(Check *c, bool *built)
{
    const Config *config = c->config;
    bool unfit = false;
    DataFiles files = {config->data_files, config->data_file_count, config->data_x, config->data_y};
    Dataset *set;
    if (c->comm->rank == 0) {
        Err err = dataset_open_files(&set, &files, PART_COUNT, true);
        if (!err) {
            survey(c, set, &unfit);
            dataset_close(set);
        }
        err_free(err); /* the engine will meet it, too, and say it better */
    }
    comm_broadcast(c->comm, &unfit, sizeof unfit, 0);
    *built = !unfit;
    return NULL;
}
