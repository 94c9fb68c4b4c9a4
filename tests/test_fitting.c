/* The verdict on evaluations: made histories of losses, at each boundary. */
#include "train/fitting.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 64, EPOCH = 100 };

/* Losses of training and validation at evaluations an epoch apart. */
typedef struct History {
    double constant;
    double train[MOST], validation[MOST];
    int count;
} History;

/* The verdict on the evaluation `at`, from 1, after all before it. */
static Fitting judge(const History *h, int at)
{
    Fitting f = {0};
    for (int i = 0; i < at; i++) {
        fitting_step(&f, h->train[i] * 0.5, EPOCH / 2);
        fitting_step(&f, h->train[i] * 1.5, EPOCH / 2);
        fitting_note(&f, h->validation[i], h->constant, 10 * (i + 1), EPOCH * (i + 1));
    }
    return f;
}

static Fit fit(const History *h, int at)
{
    return (Fit)judge(h, at).verdict;
}

/* The first evaluation with a verdict, 0: none. */
static int first(const History *h, Fit verdict)
{
    for (int at = 1; at <= h->count; at++)
        if (fit(h, at) == verdict)
            return at;
    return 0;
}

static const History classic = {2.3,
                                {.60, .50, .42, .36, .30, .24, .19, .15, .12},
                                {.50, .45, .44, .46, .48, .50, .53, .56, .60},
                                9};

static void overfitting(void)
{
    CU_ASSERT_EQUAL(first(&classic, FIT_OVER), 8);
    CU_ASSERT_EQUAL(fit(&classic, 9), FIT_OVER);
    for (int at = 1; at < 8; at++)
        CU_ASSERT_EQUAL(fit(&classic, at), FIT_OK);
    Fitting f = judge(&classic, 9);
    CU_ASSERT_EQUAL(f.row, 2);
    CU_ASSERT_EQUAL(f.best_step, 30);
    CU_ASSERT_DOUBLE_EQUAL(fitting_since(&f, EPOCH), 3, 0);
    f = judge(&classic, 6);
    CU_ASSERT(isnan(fitting_since(&f, EPOCH)));
}

/* A rate that is too high raises both losses. */
static void both_rise(void)
{
    History h = classic;
    for (int i = 2; i < h.count; i++)
        h.train[i] = h.train[2];
    CU_ASSERT_EQUAL(first(&h, FIT_OVER), 0);
    h.train[8] = 0.991 * h.train[2];
    CU_ASSERT_EQUAL(first(&h, FIT_OVER), 0);
    h.train[8] = 0.989 * h.train[2];
    CU_ASSERT_EQUAL(first(&h, FIT_OVER), 9);
}

/* Dropout: training is measured with it and lies above validation, at each evaluation. */
static void above_validation(void)
{
    History h = classic;
    for (int i = 0; i < h.count; i++)
        h.train[i] += 0.5;
    CU_ASSERT_EQUAL(first(&h, FIT_OVER), 8);
    History good = {2.3,
                    {1.9, 1.5, 1.2, 1.1, 1.06, 1.04, 1.03, 1.03, 1.03},
                    {.7, .5, .45, .42, .41, .4, .4, .4, .4},
                    9};
    for (int at = 1; at <= 9; at++)
        CU_ASSERT_EQUAL(fit(&good, at), FIT_OK);
}

static void small_rise(void)
{
    History h = {2.3, {0}, {0}, 20};
    for (int i = 0; i < h.count; i++) {
        h.train[i] = 0.5 * pow(0.95, i);
        h.validation[i] = i < 5 ? 0.5 - 0.02 * i : 0.42 * 1.009;
    }
    CU_ASSERT_EQUAL(first(&h, FIT_OVER), 0);
    for (int i = 5; i < h.count; i++)
        h.validation[i] = 0.44 * 1.05;
    CU_ASSERT(first(&h, FIT_OVER) > 0);
}

/* Rises that are within what neighbours differ by. */
static void zigzag(void)
{
    History h = {2.3, {0}, {0}, 40};
    for (int i = 0; i < h.count; i++) {
        h.train[i] = 0.5 * pow(0.95, i);
        h.validation[i] = 0.4 + (i % 2 ? 0.02 : -0.02) + 0.0005 * i;
    }
    CU_ASSERT_EQUAL(first(&h, FIT_OVER), 0);
    for (int i = 10; i < h.count; i++)
        h.validation[i] += 0.01 * (i - 10);
    CU_ASSERT(first(&h, FIT_OVER) > 14 && first(&h, FIT_OVER) < 25);
}

/* The plunge of the first evaluations is no noise that hides what comes later. */
static void plunge(void)
{
    History h = {
        2.3, {2, .5, .4, .3, .2, .1, .08, .06, .05}, {1.8, .5, .45, .47, .5, .53, .56, .6, .64}, 9};
    CU_ASSERT(first(&h, FIT_OVER) > 0);
}

static void back_again(void)
{
    History h = classic;
    h.train[9] = 0.1;
    h.validation[9] = h.validation[10] = h.validation[11] = 0.3;
    h.train[10] = h.train[11] = 0.1;
    CU_ASSERT_EQUAL(fit(&h, 9), FIT_OVER);
    CU_ASSERT_EQUAL(fit(&h, 11), FIT_OK);
    CU_ASSERT_EQUAL(judge(&h, 11).best_step, 100);
}

static double gauss(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += rand() / (double)RAND_MAX;
    return sum;
}

/* What the header says of flat white noise. */
static void false_alarms(void)
{
    enum { RUNS = 400 };
    int alarms = 0, found = 0;
    srand(1);
    for (int run = 0; run < RUNS; run++) {
        History h = {2.3, {0}, {0}, 30}, rising = {2.3, {0}, {0}, 30};
        for (int i = 0; i < h.count; i++) {
            h.train[i] = rising.train[i] = pow(0.98, i);
            h.validation[i] = 1 + 0.03 * gauss() + 1.2 * pow(0.6, i);
            rising.validation[i] = h.validation[i] + 0.03 * (i > 8 ? i - 8 : 0);
        }
        alarms += first(&h, FIT_OVER) > 0;
        found += first(&rising, FIT_OVER) > 0;
    }
    printf("%d and %d of %d ", alarms, found, RUNS);
    CU_ASSERT(alarms < RUNS * 15 / 100);
    CU_ASSERT(found > RUNS * 95 / 100);
}

/* ---- underfitting ---- */

static void near_constant(void)
{
    History h = {2, {1.99, 1.9, 1.81, 1.79}, {1.99, 1.9, 1.81, 1.79}, 4};
    CU_ASSERT_EQUAL(fit(&h, 1), FIT_OK);
    CU_ASSERT_EQUAL(fit(&h, 2), FIT_OK);
    CU_ASSERT_EQUAL(fit(&h, 3), FIT_UNDER);
    CU_ASSERT_EQUAL(fit(&h, 4), FIT_OK);
    h.constant = NAN;
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 0);
    h.constant = 0;
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 0);
}

static void stuck(void)
{
    History h = {
        2, {1.7, 1.5, 1.4, 1.40, 1.39, 1.39, 1.39}, {1.7, 1.5, 1.4, 1.40, 1.4, 1.4, 1.4}, 7};
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 6);
    h.train[5] = h.train[6] = 1.355; /* 3.2 % below 1.4 */
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 0);
    for (int i = 0; i < h.count; i++)
        h.train[i] = h.validation[i] = 0.99; /* half of what a constant has: not high */
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 0);
    for (int i = 0; i < h.count; i++)
        h.train[i] = h.validation[i] = 1.01;
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 4);
}

static void with_gap(void)
{
    History h = {2, {1.1, 1.1, 1.1, 1.1, 1.1, 1.1}, {1.2, 1.2, 1.2, 1.2, 1.2, 1.2}, 6};
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 4);
    for (int i = 0; i < h.count; i++)
        h.validation[i] = 1.22; /* more than 1.1 times 1.1 */
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 0);
}

/* With heavy dropout the training loss is high and does not fall, and the net is good. */
static void high_with_dropout(void)
{
    History h = {2, {1.9, 1.9, 1.9, 1.9, 1.9, 1.9}, {.6, .5, .5, .5, .5, .5}, 6};
    CU_ASSERT_EQUAL(first(&h, FIT_UNDER), 0);
}

static void not_finite(void)
{
    Fitting f = judge(&classic, 8), before = f;
    CU_ASSERT_EQUAL(fitting_note(&f, NAN, 2.3, 85, 850), FIT_UNKNOWN);
    CU_ASSERT_EQUAL(fitting_note(&f, INFINITY, 2.3, 86, 860), FIT_UNKNOWN);
    CU_ASSERT(f.row == 0 && before.row > 0); /* "in a row" it is interrupted */
    f.row = before.row;
    CU_ASSERT(memcmp(&f, &before, sizeof f) == 0);
    Fitting no_steps = {0};
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(fitting_note(&no_steps, 1, 2.3, 0, 0), FIT_OK);
}

/* A resumed run goes on from a copy. */
static void halves(void)
{
    Fitting f = {0}, copy;
    for (int i = 0; i < classic.count; i++) {
        fitting_step(&f, classic.train[i], 3);
        copy = f;
        fitting_step(&f, classic.train[i], 97);
        fitting_step(&copy, classic.train[i], 97);
        fitting_note(&copy, classic.validation[i], 2.3, i, i);
        fitting_note(&f, classic.validation[i], 2.3, i, i);
        CU_ASSERT(memcmp(&f, &copy, sizeof f) == 0);
    }
}

static void said(void)
{
    char text[FITTING_TEXT];
    Fitting f = judge(&classic, 9);
    fitting_text(&f, EPOCH, 2.3, text, sizeof text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "overfitting since epoch 3: validation loss 0.44 then, 0.6 "
                                        "now; training loss 0.42 then, 0.12 now. More data"));
    CU_ASSERT(strlen(text) < FITTING_TEXT - 1);
    History h = {2, {2, 2, 2}, {2, 2, 2}, 3};
    f = judge(&h, 3);
    fitting_text(&f, EPOCH, 2, text, sizeof text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "underfitting: training loss 2, validation loss 2; the "
                                        "best constant answer has 2. A larger net"));
}

static const Promise promises[] = {
    {"validation rising while training falls is overfitting, since its least loss", overfitting},
    {"it is none where the training loss does not fall", both_rise},
    {"with dropout, training above validation, it is told all the same", above_validation},
    {"a rise of less than 1 % is none", small_rise},
    {"nor is one within what neighbours differ by", zigzag},
    {"the plunge at the beginning is no noise", plunge},
    {"a verdict is taken back when the loss comes down again", back_again},
    {"white noise is seldom called overfitting, a rise by its size nearly always", false_alarms},
    {"from the third evaluation on, a loss near the best constant's is underfitting",
     near_constant},
    {"so is one above half of that which hardly falls any more", stuck},
    {"unless there is a gap between training and validation", with_gap},
    {"a high training loss alone, under dropout, is not", high_with_dropout},
    {"an evaluation that is not finite is not judged and changes nothing", not_finite},
    {"a copy goes on to the same verdicts", halves},
    {"a verdict is said with its figures and advice", said},
    {0}};

int main(void)
{
    return unit_run("fitting", promises);
}
