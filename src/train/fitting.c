/* Judging an evaluation by the history of losses. */
#include "train/fitting.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *const fit_words[FIT_COUNT + 1] = {
    [FIT_UNKNOWN] = "", [FIT_OK] = "ok", [FIT_UNDER] = "underfitting", [FIT_OVER] = "overfitting"};

static const char *const advice[FIT_COUNT] = {
    [FIT_UNKNOWN] = "",
    [FIT_OK] = "",
    [FIT_UNDER] = "A larger net, a longer run, a higher rate or less regularisation helps, unless "
                  "the rest is noise of the targets.",
    [FIT_OVER] = "More data, augmentation, dropout, weight decay or a smaller net helps; or an end "
                 "in time: train.early_stop: {on: overfitting}.",
};

enum { MEAN = 3, ROW = 2 };                         /* evaluations */
static const double noises = 2, matters = 0.01;     /* a rise; a fall */
static const double gap = 1.1;                      /* V / T */
static const double knows_little = 0.9, high = 0.5; /* loss over that of the best constant */

const char *fit_advice(Fit fit)
{
    return advice[fit];
}

void fitting_step(Fitting *f, double loss, int64_t samples)
{
    f->train_sum += loss * (double)samples;
    f->train_samples += samples;
}

static void keep(double *kept, double latest)
{
    memmove(kept + 1, kept, (FITTING_KEPT - 1) * sizeof *kept);
    kept[0] = latest;
}

static int kept_count(const Fitting *f)
{
    return f->seen < FITTING_KEPT ? (int)f->seen : FITTING_KEPT;
}

/* The largest distance of a V from the middle of its neighbours; the latest of the three has come
 * with the least mean or after it. */
static double noise(const Fitting *f)
{
    double most = 0;
    for (int i = 0; i + 2 < kept_count(f) && i <= f->since_least; i++) {
        const double *v = f->validation + i;
        most = fmax(most, fabs(v[0] - 2 * v[1] + v[2]) / 2);
    }
    return most;
}

/* Follows the means of 3. */
static void follow(Fitting *f)
{
    double mean = 0;
    if (f->seen < MEAN)
        return;
    for (int i = 0; i < MEAN; i++)
        mean += f->validation[i] / MEAN;
    if (f->seen == MEAN || mean < f->least) {
        f->least = mean;
        f->since_least = f->above = 0;
        return;
    }
    f->since_least++;
    bool rises = mean - f->least > fmax(noises * noise(f), matters * fabs(f->least));
    f->above = rises ? f->above + 1 : 0;
}

static bool overfits(const Fitting *f)
{
    return f->above >= ROW && f->train[0] < (1 - matters) * f->best_train;
}

/* The better of T and V. A T of no steps is none. */
static double better_of(const Fitting *f, int i)
{
    return fmin(f->train[i], f->validation[i]);
}

static bool still_falls(const Fitting *f)
{
    double recent = INFINITY, before = INFINITY;
    for (int i = 0; i < kept_count(f); i++)
        *(i < MEAN ? &recent : &before) = fmin(i < MEAN ? recent : before, better_of(f, i));
    return !isfinite(before) || recent < (1 - MEAN * matters) * before;
}

static bool underfits(const Fitting *f, double constant)
{
    double loss = better_of(f, 0);
    if (f->seen < MEAN || !(constant > 0))
        return false;
    bool has_gap = !(f->validation[0] <= gap * f->train[0]);
    return loss > knows_little * constant ||
           (loss > high * constant && !has_gap && !still_falls(f));
}

Fit fitting_note(Fitting *f, double validation, double constant, int64_t step, int64_t samples)
{
    if (!isfinite(validation)) {
        f->row = 0;
        return FIT_UNKNOWN;
    }
    double train = f->train_samples > 0 ? f->train_sum / (double)f->train_samples : NAN;
    f->train_sum = 0;
    f->train_samples = 0;
    keep(f->validation, validation);
    keep(f->train, train);
    if (f->seen++ == 0 || validation < f->best) {
        f->best = validation;
        f->best_step = step;
        f->best_samples = samples;
        f->best_train = train;
    }
    follow(f);
    Fit fit = overfits(f) ? FIT_OVER : underfits(f, constant) ? FIT_UNDER : FIT_OK;
    f->row = fit == (Fit)f->verdict ? f->row + 1 : 1;
    f->verdict = fit;
    return fit;
}

double fitting_since(const Fitting *f, int64_t epoch)
{
    return f->verdict == FIT_OVER ? (double)f->best_samples / (double)epoch : NAN;
}

void fitting_text(const Fitting *f, int64_t epoch, double constant, char *text, size_t size)
{
    Fit fit = (Fit)f->verdict;
    if (fit == FIT_OVER)
        snprintf(text, size,
                 "overfitting since epoch %.4g: validation loss %.4g then, %.4g now; training "
                 "loss %.4g then, %.4g now. %s",
                 fitting_since(f, epoch), f->best, f->validation[0], f->best_train, f->train[0],
                 fit_advice(fit));
    else
        snprintf(text, size,
                 "%s: training loss %.4g, validation loss %.4g; the best constant answer has "
                 "%.4g.%s%s",
                 fit == FIT_OK ? "no over- or underfitting any more" : fit_words[fit], f->train[0],
                 f->validation[0], constant, *fit_advice(fit) ? " " : "", fit_advice(fit));
}
