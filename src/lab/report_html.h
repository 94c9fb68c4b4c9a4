/* The page of a report: one file, nothing in it from elsewhere, no program. Everything that comes
 * from a file or a name passes html_text. It is well-formed XML, too. */
#ifndef LAB_REPORT_HTML_H
#define LAB_REPORT_HTML_H

#include "lab/chart.h"

#include <stdio.h>

/* The text with its markup characters written out, and what is no UTF-8 or no character of XML
 * replaced. */
void html_text(FILE *out, const char *text);
/* <TAG>text</TAG> and a line's end. */
void html_element(FILE *out, const char *tag, const char *text);
/* Everything up to the body's first line; everything after its last. `marks`: what charts refer to.
 */
void html_begin(FILE *out, const char *title, const char *marks);
void html_end(FILE *out);
/* A table in a box of its own that scrolls where the screen is narrow: cell[rows * columns], the
 * first row its heading, the first column names of rows. Columns that are mostly numbers stand
 * right, those without anything are left out; elsewhere NULL and "" show a dash. */
void html_table(FILE *out, const char *const *cell, int64_t rows, int columns);
/* A chart as drawn, with title, legend and `note` (or NULL); between html_figures and its end. */
void html_figures(FILE *out);
void html_figure(FILE *out, const Chart *chart, const char *svg, const char *note);
void html_figures_end(FILE *out);
/* Parts of a whole as a bar, a colour each, in the order of the styles. */
void html_bar(FILE *out, const char *const *name, const double *part, int count);
/* <details> with preformatted text; or with what is written before html_details_end. */
void html_text_details(FILE *out, const char *summary, const char *text);
void html_details(FILE *out, const char *summary);
void html_details_end(FILE *out);

#endif
