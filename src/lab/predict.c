/* The model of a step. */
#include "lab/predict.h"

#include <math.h>

Prediction predict_step(const Machine *m, int64_t ranks, int64_t leaves, double bytes)
{
    int64_t here = ranks < m->ranks ? ranks : m->ranks, busy = ranks < leaves ? ranks : leaves;
    Prediction p = {.hosts = (ranks + m->ranks - 1) / m->ranks};
    double h = (double)p.hosts, folded = (double)busy / (double)p.hosts / (double)here;
    p.compute = ceil((double)leaves / (double)ranks) * m->leaf;
    p.memory = bytes * (m->gamma * folded + m->update / (double)here);
    double network = 2 * log2(h) * m->alpha + (h - 1) / h * (2 * m->beta + m->gamma) * bytes;
    p.network = fmax(0, network - m->backward);
    p.step = p.compute + p.memory + p.network;
    return p;
}

void predict_fit_network(Machine *m, int64_t hosts, const double *bytes, const double *seconds,
                         int count)
{
    double h = (double)hosts, lg = 2 * log2(h), part = (h - 1) / h;
    double aa = 0, ab = 0, bb = 0, ay = 0, by = 0;
    for (int i = 0; i < count; i++) {
        double a = lg / seconds[i], b = 2 * part * bytes[i] / seconds[i];
        double y = 1 - part * m->gamma * bytes[i] / seconds[i];
        aa += a * a, ab += a * b, bb += b * b, ay += a * y, by += b * y;
    }
    double det = aa * bb - ab * ab;
    m->alpha = (bb * ay - ab * by) / det;
    m->beta = (aa * by - ab * ay) / det;
    if (m->alpha < 0) { /* the best that is not: on the border, where the other alone is fitted */
        m->alpha = 0;
        m->beta = fmax(0, by / bb);
    } else if (m->beta < 0) {
        m->beta = 0;
        m->alpha = fmax(0, ay / aa);
    }
}

double predict_statistical(double batch, double critical)
{
    return 1 / (1 + batch / critical);
}
