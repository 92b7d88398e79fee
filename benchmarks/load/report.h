/* The result, as one JSON object on stdout. */
#ifndef REPORT_H
#define REPORT_H
#include <stdbool.h>

bool report(double opening, bool stalled); /* true when every check passed */
#endif
