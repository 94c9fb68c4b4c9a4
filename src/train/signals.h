/* The save signal: SIGUSR1, and where nobody stands between us and the user also SIGTERM and
 * SIGINT. It sets a flag that rides in the control word, so that all ranks stop at the same step.
 */
#ifndef TRAIN_SIGNALS_H
#define TRAIN_SIGNALS_H

void signals_catch(void);
/* The signal that came, or 0. */
int signals_seen(void);

#endif
