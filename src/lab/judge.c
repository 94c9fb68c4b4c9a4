/* Rules of thumb, each beside its words. */
#include "lab/judge.h"

static const char *const vanishing_cure =
    "relu with batch_norm, residual blocks, init: auto; fewer layers of sigmoid or tanh";
static const char *const exploding_cure =
    "init: auto, batch_norm or layer_norm, a smaller rate, optimizer.clip";

static Judged judged(Judgement verdict, const char *word, const char *cure)
{
    return verdict ? (Judged){verdict, word, cure} : (Judged){VERDICT_OK, "", NULL};
}

Judged judge_activations(double rms, double differ)
{
    Judgement verdict = !(rms < 1e4)                 ? VERDICT_WRONG
                        : rms > 100 || differ < 1e-3 ? VERDICT_LOOK
                                                     : VERDICT_OK;
    return rms <= 100 ? judged(verdict, "vanishing", vanishing_cure)
                      : judged(verdict, "exploding", exploding_cure);
}

Judged judge_gradients(double first, double last)
{
    double ratio = first / last;
    Judgement verdict = ratio < 1e-5 || !(ratio < 1e5) ? VERDICT_WRONG
                        : ratio < 1e-3 || ratio > 1e3  ? VERDICT_LOOK
                                                       : VERDICT_OK;
    return ratio < 1 ? judged(verdict, "vanishing", vanishing_cure)
                     : judged(verdict, "exploding", exploding_cure);
}

Judged judge_dead(double share)
{
    Judgement verdict = share > 0.9 ? VERDICT_WRONG : share > 0.4 ? VERDICT_LOOK : VERDICT_OK;
    return judged(verdict, "dead", "a smaller rate, init: he, normalised inputs, or leaky_relu");
}

Judged judge_saturated(double share)
{
    Judgement verdict = share > 0.8 ? VERDICT_WRONG : share > 0.4 ? VERDICT_LOOK : VERDICT_OK;
    return judged(verdict, "saturated",
                  "normalised inputs, init: xavier, a norm before it, a smaller rate");
}
