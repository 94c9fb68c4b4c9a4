/* A chart becomes a script with its points in it, gnuplot a child that reads it from a file and
 * writes to another, so that no pipe can fill up; its SVG is then made fit to stand in a page:
 *
 *     <?xml, <!DOCTYPE, <title>, <desc>, <defs>     left out: the page has its own
 *     rgb(1,0,1)  rgb(1,0,2)  rgb(1,1,K)            var(--soft), var(--grid), var(--sK)
 *     <title>$sK ...                                the name of the series, shown where a mouse is
 */
#include "lab/gnuplot.h"

#include "lab/report_html.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INK  "rgb '#010001'"
#define GRID "rgb '#010002'"

enum { PATIENCE = 60, WIDTH = 460, HEIGHT = 290, SAID_MOST = 400 }; /* seconds, pixels, bytes */

const char gnuplot_marks[] =
    "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>"
    "<circle id=\"gpPt6\" r=\"1\" fill=\"currentColor\"/>"
    "<rect id=\"gpPt4\" x=\"-1\" y=\"-1\" width=\"2\" height=\"2\" fill=\"currentColor\"/>"
    "<path id=\"gpPt1\" d=\"M-1,-1 L1,1 M1,-1 L-1,1\" stroke-width=\"0.6\""
    " stroke=\"currentColor\"/></defs></svg>\n";

/* ---- the script ---- */

static void write_plain(FILE *script, const char *text)
{
    for (const char *c = text; *c; c++)
        fputc(isalnum((unsigned char)*c) || strchr("._-", *c) ? *c : ' ', script);
}

/* Less than three decades have labels at 1, 2 and 5. */
static void write_log_ticks(FILE *script, const char *axis, double least, double most)
{
    static const double in_decade[] = {1, 2, 5};
    const char *comma = "";
    fprintf(script, "set logscale %s\nset %srange [%g:%g]\n", axis, axis, least / 1.15,
            most * 1.15);
    if (most / least > 1000)
        return;
    fprintf(script, "set %stics (", axis);
    for (double decade = pow(10, floor(log10(least))); decade <= most * 1.0001; decade *= 10)
        for (int i = 0; i < 3; i++, comma = ", ")
            fprintf(script, "%s%g", comma, decade * in_decade[i]);
    fputs(")\n", script);
}

static void write_axes(FILE *script, const Chart *chart)
{
    double least, most;
    fprintf(script,
            "set terminal svg size %d,%d font 'sans-serif,13' noenhanced\n"
            "unset key\nset border 3 lc " INK " lw 0.8\nset grid y lc " GRID " lw 0.8\n"
            "set tics nomirror scale 0.4 textcolor " INK "\nset format '%%g'\n"
            "set xlabel '",
            WIDTH, HEIGHT);
    write_plain(script, chart->x_name);
    fputs("' offset 0,0.4 textcolor " INK "\nset bmargin 2.8\n", script);
    if (chart->log_y && chart_range(chart, true, 0, &least, &most))
        write_log_ticks(script, "y", least, most);
    if (!chart->log_y && chart_range(chart, true, -INFINITY, &least, &most) && least == 0 &&
        most == 0)
        fputs("set yrange [0:1]\n", script);
    if (chart->framed) {
        double margin = 0.03 * (chart->frame[1] - chart->frame[0]);
        fprintf(script, "set yrange [%g:%g]\n", chart->frame[0] - margin, chart->frame[1] + margin);
    }
    if (chart->log_x && chart_range(chart, false, 0, &least, &most))
        write_log_ticks(script, "x", least, most);
    if (chart->ticks) {
        int every = chart->tick_count / 8 + 1;
        fputs("set xtics (", script);
        for (int i = 0; i < chart->tick_count; i += every)
            fprintf(script, "%s%g", i ? ", " : "", chart->ticks[i]);
        fputs(")\n", script);
    }
    if (!chart->log_x)
        fputs(chart->ticks ? "set offsets graph 0.04, graph 0.04, 0, 0\n" : "set autoscale xfix\n",
              script);
}

/* The ends of a bar. On a logarithmic axis it ends above 0. */
static void write_point(FILE *script, const Chart *chart, const Series *s, int64_t i)
{
    double y = s->y[i], low = y - s->deviation[i];
    if ((chart->log_x && s->x[i] <= 0) || (chart->log_y && y <= 0))
        return;
    if (chart->log_y && low <= 0)
        low = y / 10;
    fprintf(script, "%.9g %.9g %.9g %.9g\n", s->x[i], y, low, y + s->deviation[i]);
}

static bool has_bars(const Series *s)
{
    for (int64_t i = 0; i < s->count; i++)
        if (s->deviation[i] > 0)
            return true;
    return false;
}

static void write_style(FILE *script, const Series *s)
{
    static const char *const with[] = {[MARK_LINE] = "lines lw 1.8",
                                       [MARK_THIN] = "lines lw 1",
                                       [MARK_DOTS] = "linespoints lw 1.8 pt 7 ps 0.5",
                                       [MARK_POINTS] = "points pt 7 ps 0.5",
                                       [MARK_SQUARES] = "points pt 5 ps 0.7",
                                       [MARK_CROSSES] = "points pt 2 ps 0.8"};
    const char *dashes = series_dashes(s);
    bool bars = has_bars(s);
    Mark mark = s->count == 1 && s->mark < MARK_POINTS ? MARK_POINTS : s->mark;
    fprintf(script, "%s", bars ? "yerrorlines lw 1.5 pt 7 ps 0.5" : with[mark]);
    if (s->style)
        fprintf(script, " lc rgb '#0101%02x'", (s->style - 1) % CHART_COLOURS + 1);
    else
        fputs(" lc " INK, script);
    if (*dashes != 'n' && !bars && s->mark <= MARK_DOTS)
        fprintf(script, " dt (%s)", dashes);
}

/* Whether there is anything to be drawn. */
static bool write_script(FILE *script, const Chart *chart)
{
    const char *begin = "plot ";
    write_axes(script, chart);
    for (int i = 0; i < chart->count; i++) {
        fprintf(script, "$s%d << EOD\n", i);
        for (int64_t k = 0; k < chart->series[i].count; k++)
            write_point(script, chart, &chart->series[i], k);
        fputs("EOD\n", script);
    }
    for (int i = 0; i < chart->count; i++) {
        const Series *s = &chart->series[i];
        if (s->count == 0)
            continue;
        fprintf(script, "%s$s%d using 1:2%s with ", begin, i, has_bars(s) ? ":3:4" : "");
        write_style(script, s);
        begin = ", ";
    }
    fputs("\n", script);
    return *begin == ',';
}

/* ---- the child ---- */

/* Its files, which are gone when they are closed. */
typedef struct Child {
    FILE *in, *out, *said;
} Child;

static Err open_files(Child *child)
{
    FILE **file[] = {&child->in, &child->out, &child->said};
    for (int i = 0; i < 3; i++)
        if (!(*file[i] = tmpfile()))
            FAIL(STATUS_FAILED, "no temporary file for gnuplot: %s", strerror(errno));
    return NULL;
}

static void close_files(Child *child)
{
    FILE *file[] = {child->in, child->out, child->said};
    for (int i = 0; i < 3; i++)
        if (file[i])
            fclose(file[i]);
}

/* 0, or errno: ENOENT where there is no gnuplot. -d: nobody's own settings. */
static int start(const Child *child, const char *argument, pid_t *pid)
{
    extern char **environ;
    char *arguments[] = {"gnuplot", (char *)argument, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(child->in), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(child->out), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(child->said), STDERR_FILENO);
    int error = posix_spawnp(pid, "gnuplot", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Its status, or -1 where it did not end by itself in time. */
static int wait_for(pid_t pid)
{
    const struct timespec pause = {0, 2000000};
    int status = 0;
    for (int turns = 0; turns < PATIENCE * 500; turns++) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR))
            return ended == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

static char *whole_file(FILE *file, Arena *arena)
{
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    char *text = arena_take(arena, size + 1, 1);
    rewind(file);
    text[fread(text, 1, (size_t)size, file)] = '\0';
    return text;
}

static Err run(Child *child, Arena *arena, char **out)
{
    pid_t pid;
    fflush(child->in);
    rewind(child->in);
    int error = start(child, "-d", &pid);
    if (error)
        FAIL(STATUS_FAILED, "gnuplot cannot be started: %s", strerror(error));
    int status = wait_for(pid);
    *out = whole_file(child->out, arena);
    if (status != 0 || !strstr(*out, "</svg>"))
        FAIL(STATUS_FAILED, "gnuplot failed: %.*s", SAID_MOST, whole_file(child->said, arena));
    return NULL;
}

bool gnuplot_there(void)
{
    Child child = {0};
    pid_t pid;
    Err err = open_files(&child);
    bool there = !err && start(&child, "--version", &pid) == 0 && wait_for(pid) == 0;
    err_free(err);
    close_files(&child);
    return there;
}

/* ---- its SVG, for a page ---- */

/* "rgb(  1,   0,   2)" of ours becomes a property of the page. What follows it. */
static const char *write_colour(FILE *out, const char *at)
{
    int r, g, b, length = 0;
    if (sscanf(at, "rgb(%d ,%d ,%d)%n", &r, &g, &b, &length) != 3 || !length || r != 1) {
        fputc(*at, out);
        return at + 1;
    }
    if (g == 1)
        fprintf(out, "var(--s%d)", b);
    else
        fputs(b == 1 ? "var(--soft)" : "var(--grid)", out);
    return at + length;
}

static const char *after(const char *at, const char *text)
{
    const char *found = strstr(at, text);
    return found ? found + strlen(text) : at + strlen(at);
}

/* gnuplot's name of a series, "$s2 using 1:2</title>", becomes ours. */
static const char *write_name(FILE *out, const Chart *chart, const char *at)
{
    int index = atoi(at + strlen("<title>$s"));
    if (index < chart->count) {
        fputs("<title>", out);
        html_text(out, chart->series[index].name);
        fputs("</title>", out);
    }
    return after(at, "</title>");
}

/* Groups that gnuplot opens and closes with nothing in them: more than half of its text. */
static const char *after_empty_group(const char *at)
{
    const char *end = strncmp(at, "<g ", 3) == 0 ? strstr(at, ">\n</g>") : NULL;
    return end && end == strchr(at, '>') ? after(end, "</g>") : NULL;
}

static void restyle(FILE *out, const Chart *chart, const char *at)
{
    while (*at) {
        const char *next = after_empty_group(at);
        if (next)
            at = next;
        else if (strncmp(at, "<defs>", 6) == 0)
            at = after(at, "</defs>");
        else if (strncmp(at, "<title>$s", 9) == 0)
            at = write_name(out, chart, at);
        else if (strncmp(at, "xlink:", 6) == 0)
            at += 6;
        else if (strncmp(at, " id=\"gnuplot", 12) == 0)
            at = after(at + 5, "\"");
        else if (strncmp(at, "rgb(", 4) == 0)
            at = write_colour(out, at);
        else if (*at == '\n' && at[1] == '\n')
            at++;
        else
            fputc(*at++, out);
    }
}

Err gnuplot_draw(const Chart *chart, const char **svg)
{
    Child child = {0};
    char *drawn = "", *text = NULL;
    size_t size;
    Err err = open_files(&child);
    bool any = !err && write_script(child.in, chart);
    if (any)
        err = run(&child, chart->arena, &drawn);
    close_files(&child);
    *svg = "";
    if (err || !any)
        return err;
    FILE *out = open_memstream(&text, &size);
    CHECK(out, "out of memory for a chart");
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    html_text(out, chart->title);
    fputs("\">", out);
    restyle(out, chart, after(drawn, "</desc>"));
    CHECK(fclose(out) == 0, "out of memory for a chart");
    *svg = arena_text(chart->arena, "%s", text);
    free(text);
    return NULL;
}
