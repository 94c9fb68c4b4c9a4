/* A Gaussian process: what values at some points say of a function elsewhere, and where to look
 * next for its least value. Covariance: Matern 5/2 with a length for each dimension (ARD), and
 * noise; lengths and noise by the greatest likelihood, found by coordinate ascent over a fixed
 * grid (Snoek et al. 2012, "Practical Bayesian optimization", arXiv 1206.2944, without its
 * sampling). Every operation has our own bits (math/elementary), so that all ranks and machines
 * propose the same. Not for more than some hundred points: a fit takes count^3 operations. */
#ifndef LAB_GP_H
#define LAB_GP_H

#include <stdbool.h>
#include <stdint.h>

enum { GP_DIMENSIONS = 64 };

typedef struct Gp {
    int count, room, dimensions;
    double *x;       /* [room][dimensions] the points */
    double *value;   /* [room] standardised */
    double *lower;   /* [room][room] Cholesky factor of the covariance */
    double *weight;  /* [room] covariance^-1 value */
    double *scratch; /* [2 room] */
    double mean, deviation;
    double length[GP_DIMENSIONS];
    double noise; /* variance, in units of the process's own */
} Gp;

/* Room for so many points of a space. */
void gp_open(Gp *gp, int room, int dimensions);
void gp_close(Gp *gp);
/* Takes `count` points and their values, finite, and finds lengths and noise. */
void gp_fit(Gp *gp, const double *x, const double *value, int count);
/* What is expected at a point, and its deviation (without noise), in units of the values. */
void gp_predict(const Gp *gp, const double *x, double *mean, double *deviation);
/* Adds a point with the value that is expected there, for as long as its own is not known: what is
 * proposed next lies elsewhere (Ginsbourger et al. 2010, "kriging believer"). */
void gp_believe(Gp *gp, const double *x);
/* The expected improvement on `least` of what is expected so: the mean of max(0, least - value). */
double gp_improvement(double mean, double deviation, double least);

#endif
