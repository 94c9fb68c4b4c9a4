/* Gaussians in pairs from the Box-Muller transform (Box and Muller 1958), with our own log and
 * cos; a word's 32 bits reach 6.7 standard deviations. */
#ifndef MATH_GAUSSIAN_H
#define MATH_GAUSSIAN_H

#include <stdint.h>

/* Two independent ones of mean 0 and deviation sigma, from two independent words. */
void gaussian_pair(double sigma, const uint32_t *word, double *pair);

#endif
