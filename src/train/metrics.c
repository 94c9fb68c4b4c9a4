/* Rows of metrics.csv and timing.csv. */
#include "train/metrics.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char header[] = "kind,step,samples,epoch,lr,loss,accuracy,digest,batch,"
                             "gradient_norm,noise_scale,noise_trace,noise_signal,"
                             "penalty,sparsity,skipped,verdict\n";
static const char layers_header[] = "kind,step,tensor,trust,gradient_norm,weight_norm,update_ratio,"
                                    "type,activation,output_gradient,dead,saturated\n";
static const char timing_header[] = "step,seconds,samples_per_second,"
                                    "compute,waiting,exchange,reading,other\n";

/* A row of a later step than what is kept: `train` rows by step, all others by evaluation. */
static bool stale(const char *line, int64_t step, int64_t evaluated)
{
    const char *comma = strchr(line, ',');
    int64_t at = comma ? strtoll(comma + 1, NULL, 10) : 0;
    return at > (strncmp(line, "train,", 6) == 0 ? step : evaluated);
}

/* The text without stale rows and without a last line that was cut off. */
static size_t cut_rows(char *text, int64_t step, int64_t evaluated)
{
    char *out = text, *line = text;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        size_t length = (size_t)(end + 1 - line);
        if (line == text || !stale(line, step, evaluated)) {
            memmove(out, line, length);
            out += length;
        }
    }
    return (size_t)(out - text);
}

/* The same with empty cells in columns that an older program did not have. */
static Err widen(const char *path, const char *text, size_t size, const char *first_line,
                 int lacking)
{
    Arena arena = {0};
    int64_t rows = 0;
    for (size_t i = 0; i < size; i++)
        rows += text[i] == '\n';
    size_t most = size + (size_t)rows * (size_t)lacking + strlen(first_line), at = 0;
    char *wide = arena_take(&arena, (int64_t)most, 1);
    for (const char *line = text, *end; (end = memchr(line, '\n', (size_t)(text + size - line)));
         line = end + 1) {
        size_t length = line == text ? strlen(first_line) - 1 : (size_t)(end - line);
        memcpy(wide + at, line == text ? first_line : line, length);
        at += length;
        for (int i = 0; i < lacking && line != text; i++)
            wide[at++] = ',';
        wide[at++] = '\n';
    }
    Err err = file_replace(path, wide, at);
    arena_free(&arena);
    return err;
}

static Err trim(const char *path, const char *first_line, int64_t step, int64_t evaluated)
{
    char *text;
    size_t size;
    if (!file_exists(path))
        return NULL;
    TRY(file_read(path, &text, &size));
    size_t kept = cut_rows(text, step, evaluated);
    int lacking = rows_lacking(text, first_line);
    Err err = NULL;
    if (lacking)
        err = widen(path, text, kept, first_line, lacking);
    else if (kept != size)
        err = file_replace(path, text, kept);
    mem_free(text);
    return err;
}

/* Of what is only looked at: a row that the disk does not take is no failure. */
static Err open_timing(const char *path, FILE **file)
{
    *file = fopen(path, "a");
    if (!*file)
        FAIL(STATUS_FAILED, "%s: %s", path, strerror(errno));
    fseek(*file, 0, SEEK_END);
    if (ftell(*file) == 0)
        fputs(timing_header, *file);
    return NULL;
}

static Err open_rows(const char *path, const char *first_line, int64_t step, int64_t evaluated,
                     Rows **kept, FILE **stream)
{
    TRY(trim(path, first_line, step, evaluated));
    TRY(rows_open(kept, path, first_line));
    *stream = rows_stream(*kept);
    return NULL;
}

static Err open_all(Metrics *metrics, Arena *arena, const char *run, int64_t step,
                    int64_t evaluated, bool with_layers)
{
    TRY(open_rows(arena_text(arena, "%s/metrics.csv", run), header, step, evaluated, &metrics->kept,
                  &metrics->rows));
    TRY(open_timing(arena_text(arena, "%s/timing.csv", run), &metrics->timing));
    if (!with_layers)
        return NULL;
    return open_rows(arena_text(arena, "%s/layers.csv", run), layers_header, step, evaluated,
                     &metrics->kept_layers, &metrics->layers);
}

Err metrics_open(Metrics *metrics, const char *run, int64_t step, int64_t evaluated, bool layers)
{
    *metrics = (Metrics){0};
    Arena arena = {0};
    Err err = open_all(metrics, &arena, run, step, evaluated, layers);
    arena_free(&arena);
    return err;
}

void metrics_close(Metrics *metrics)
{
    rows_close(metrics->kept);
    rows_close(metrics->kept_layers);
    if (metrics->timing)
        fclose(metrics->timing);
    *metrics = (Metrics){0};
}

static void write_key(FILE *file, const char *kind, const Engine *e)
{
    fprintf(file, "%s,%" PRId64 ",%" PRId64 ",%.6g", kind, e->state.step, e->state.samples,
            (double)e->state.samples / (double)e->clock.epoch);
}

static void write_result(FILE *file, const Result *result)
{
    if (!result)
        fputs(",,", file);
    else if (isnan(result->accuracy))
        fprintf(file, ",%.9g,", result->loss);
    else
        fprintf(file, ",%.9g,%.9g", result->loss, result->accuracy);
}

/* NAN is an empty cell. */
static void write_cells(FILE *file, const double *cells, int count)
{
    for (int i = 0; i < count; i++)
        fprintf(file, isnan(cells[i]) ? "," : ",%.9g", cells[i]);
}

/* The norm of each tensor's gradient and, of LARS and LAMB, what its rate was multiplied by; of a
 * step that is diagnosed, what the update has made of it, too. */
static void write_tensor(FILE *file, const Engine *e, int part)
{
    const Descent *d = &e->descent;
    double weight = NAN, update = NAN;
    if (e->diagnosis.due)
        descent_update_norms(d, part, &weight, &update);
    fprintf(file, "train,%" PRId64 ",%s", e->state.step, net_tensor_name(e->net, d->laid[part]));
    const double cells[] = {d->rule[part].adapts ? d->trust[part] : NAN,
                            sqrt(d->square[part]),
                            weight,
                            weight > 0 ? update / weight : NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN};
    write_cells(file, cells, sizeof cells / sizeof *cells);
    fputc('\n', file);
}

static void write_layer(FILE *file, const Engine *e, int i)
{
    const LayerFigures *figures = &e->diagnosis.layer[i];
    const double cells[] = {figures->activation, figures->gradient, figures->dead,
                            figures->saturated};
    fprintf(file, "train,%" PRId64 ",%s,,,,,%s", e->state.step, e->net->layers[i].name,
            e->net->layers[i].type->name);
    write_cells(file, cells, sizeof cells / sizeof *cells);
    fputc('\n', file);
}

void metrics_layers(Metrics *metrics, const Engine *e)
{
    if (!metrics->layers)
        return;
    for (int part = e->descent.net->parameter_tensors - 1; part >= 0; part--)
        if (!e->descent.rule[part].frozen)
            write_tensor(metrics->layers, e, part);
    for (int i = 0; i < e->net->layer_count && e->diagnosis.due; i++)
        write_layer(metrics->layers, e, i);
}

void metrics_step(Metrics *metrics, const Engine *engine, double rate, const Result *result)
{
    write_key(metrics->rows, "train", engine);
    fprintf(metrics->rows, ",%.9g", rate);
    write_result(metrics->rows, result);
    fprintf(metrics->rows, ",,%" PRId64, engine->global);
    const Noise *noise = &engine->state.control.noise;
    const double cells[] = {result->skipped ? NAN : result->gradient,
                            noise_scale(noise),
                            noise_trace(noise),
                            noise_signal(noise),
                            NAN,
                            NAN,
                            result->skipped ? 1 : NAN};
    write_cells(metrics->rows, cells, sizeof cells / sizeof *cells);
    fputs(",\n", metrics->rows);
}

void metrics_evaluation(Metrics *metrics, const Engine *engine, Part part, const Result *result,
                        uint64_t digest)
{
    write_key(metrics->rows, part_name(part) + 1, engine);
    fputc(',', metrics->rows);
    write_result(metrics->rows, result);
    fprintf(metrics->rows, ",%016" PRIx64 ",", digest);
    double cells[] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (part == PART_VALIDATION && penalty_any(&engine->descent.penalty))
        descent_penalty(&engine->descent, &cells[4], &cells[5]);
    const Fitting *fitting = &engine->state.control.fitting;
    bool judged = part == PART_VALIDATION && result && isfinite(result->loss);
    write_cells(metrics->rows, cells, sizeof cells / sizeof *cells);
    fprintf(metrics->rows, ",%s\n", judged ? fit_words[fitting->verdict] : "");
}

void metrics_timing(Metrics *metrics, int64_t step, const Pace *pace)
{
    fprintf(metrics->timing, "%" PRId64 ",%.3f,%.0f", step, pace->seconds, pace_rate(pace));
    for (int share = 0; share < SHARE_COUNT; share++)
        fprintf(metrics->timing, ",%.3f", pace->share[share]);
    fputc('\n', metrics->timing);
}

Err metrics_flush(Metrics *metrics)
{
    fflush(metrics->timing);
    if (metrics->kept_layers)
        TRY(rows_write(metrics->kept_layers));
    return rows_write(metrics->kept);
}

Err metrics_sync(const Metrics *metrics)
{
    if (metrics->kept_layers)
        TRY(rows_sync(metrics->kept_layers));
    return rows_sync(metrics->kept);
}
