/* Inside net: what net_read.c (the configuration becomes layers) hands to net_build.c (the layers
 * get their places in memory). */
#ifndef NN_NET_INSIDE_H
#define NN_NET_INSIDE_H

#include "nn/net.h"

/* Reads the list `model`: fills net->layers, layer_count and flops. STATUS_USER. */
Err net_read(Net *net, Node model);

#endif
