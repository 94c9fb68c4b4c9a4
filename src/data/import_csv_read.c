/* Taking a CSV file apart into records. Every byte passes csv_byte, which counts lines: CR, LF and
 * CR LF end one each. The LF of a CR LF reads as a blank line, and these are passed over. */
#include "data/import_csv_inside.h"

#include <inttypes.h>
#include <string.h>

enum {
    PIECE = 256 << 10,      /* bytes of the file in memory */
    MOST_RECORD = 16 << 20, /* bytes of one record; more is a quote that was left open */
    END = -1
};

static Err refill(Csv *csv)
{
    csv->at = 0;
    return unzip_read(csv->file, csv->bytes, PIECE, &csv->filled);
}

/* The separator that the first line with anything in it has most of, outside quotes. */
static char find_separator(const unsigned char *bytes, int64_t count)
{
    static const char candidates[] = ",;\t";
    int64_t seen[3] = {0};
    bool quoted = false, any = false;
    for (int64_t i = 0; i < count; i++) {
        bool ends = bytes[i] == '\n' || bytes[i] == '\r';
        if (ends && any && !quoted)
            break;
        any |= !ends;
        quoted ^= bytes[i] == '"';
        for (int k = 0; k < 3 && !quoted; k++)
            seen[k] += bytes[i] == candidates[k];
    }
    int most = 0;
    for (int k = 1; k < 3; k++)
        most = seen[k] > seen[most] ? k : most;
    return candidates[most];
}

static Err begin(Csv *csv)
{
    TRY(refill(csv));
    const unsigned char *b = csv->bytes;
    if (csv->filled >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)))
        FAIL(STATUS_USER, "%s: is UTF-16; UTF-8 is wanted: iconv -f UTF-16 -t UTF-8 %s", csv->path,
             csv->path);
    if (csv->filled >= 3 && memcmp(b, "\xEF\xBB\xBF", 3) == 0)
        csv->at = 3;
    if (!csv->separator)
        csv->separator = find_separator(b + csv->at, csv->filled - csv->at);
    return NULL;
}

Err csv_open(Csv *csv, const char *path, char separator)
{
    *csv = (Csv){.path = path, .separator = separator, .next_line = 1};
    TRY(unzip_open(&csv->file, path));
    csv->bytes = mem_alloc(PIECE, 1);
    return begin(csv);
}

void csv_close(Csv *csv)
{
    unzip_close(csv->file);
    mem_free(csv->bytes);
    mem_free(csv->begin);
    mem_free(csv->text);
    *csv = (Csv){0};
}

/* The next byte, or END. */
static inline Err csv_byte(Csv *csv, int *byte)
{
    if (csv->at == csv->filled)
        TRY(refill(csv));
    *byte = csv->at < csv->filled ? csv->bytes[csv->at++] : END;
    if (*byte == '\0')
        FAIL(STATUS_USER, "%s: line %" PRId64 ": has a zero byte: is this a text file in UTF-8?",
             csv->path, csv->next_line);
    csv->next_line += *byte == '\r' || (*byte == '\n' && !csv->after_cr);
    csv->after_cr = *byte == '\r';
    return NULL;
}

/* Twice the room, with what is there. */
static void *larger(void *old, int64_t used, int64_t room, size_t size)
{
    void *memory = mem_alloc(room, size);
    if (used)
        memcpy(memory, old, (size_t)used * size);
    mem_free(old);
    return memory;
}

static Err put(Csv *csv, char byte)
{
    if (csv->length == MOST_RECORD)
        FAIL(STATUS_USER,
             "%s: line %" PRId64 ": a record of more than %d MB begins here: is a quote left open?",
             csv->path, csv->line, MOST_RECORD >> 20);
    if (csv->length == csv->text_room) {
        csv->text_room = csv->text_room ? 2 * csv->text_room : 1024;
        csv->text = larger(csv->text, csv->length, csv->text_room, 1);
    }
    csv->text[csv->length++] = byte;
    return NULL;
}

static void begin_field(Csv *csv)
{
    if (csv->fields == csv->field_room) {
        csv->field_room = csv->field_room ? 2 * csv->field_room : 64;
        csv->begin = larger(csv->begin, csv->fields, csv->field_room, sizeof *csv->begin);
    }
    csv->begin[csv->fields++] = csv->length;
}

static bool is_space(const Csv *csv, int byte)
{
    return (byte == ' ' || byte == '\t') && byte != csv->separator;
}

static bool ends_field(const Csv *csv, int byte)
{
    return byte == (unsigned char)csv->separator || byte == '\n' || byte == '\r' || byte == END;
}

/* After the opening quote; *byte becomes what stands behind the closing one. */
static Err quoted_field(Csv *csv, int *byte)
{
    int64_t opened = csv->next_line;
    for (;;) {
        TRY(csv_byte(csv, byte));
        if (*byte == END)
            FAIL(STATUS_USER, "%s: line %" PRId64 ": a quote is opened here and never closed",
                 csv->path, opened);
        if (*byte == '"') {
            TRY(csv_byte(csv, byte));
            if (*byte != '"')
                break;
        }
        TRY(put(csv, (char)*byte));
    }
    while (is_space(csv, *byte))
        TRY(csv_byte(csv, byte));
    if (!ends_field(csv, *byte))
        FAIL(STATUS_USER,
             "%s: line %" PRId64 ": field %d goes on after its closing quote (a quote inside is "
             "written twice)",
             csv->path, opened, csv->fields);
    return NULL;
}

static Err plain_field(Csv *csv, int *byte)
{
    while (!ends_field(csv, *byte)) {
        TRY(put(csv, (char)*byte));
        TRY(csv_byte(csv, byte));
    }
    while (csv->length > csv->begin[csv->fields - 1] && is_space(csv, csv->text[csv->length - 1]))
        csv->length--;
    return NULL;
}

/* One line, or more where quotes hold line ends; `byte` is its first. */
static Err read_record(Csv *csv, int byte, bool *blank)
{
    csv->fields = 0;
    csv->length = 0;
    bool quoted = false;
    for (;;) {
        begin_field(csv);
        while (is_space(csv, byte))
            TRY(csv_byte(csv, &byte));
        quoted = byte == '"';
        TRY(quoted ? quoted_field(csv, &byte) : plain_field(csv, &byte));
        TRY(put(csv, '\0'));
        if (byte != (unsigned char)csv->separator)
            break;
        TRY(csv_byte(csv, &byte));
    }
    *blank = csv->fields == 1 && csv->length == 1 && !quoted;
    return NULL;
}

Err csv_next(Csv *csv, bool *more)
{
    bool blank = true;
    *more = true;
    while (blank) {
        int byte;
        csv->line = csv->next_line;
        TRY(csv_byte(csv, &byte));
        if (byte == END) {
            *more = false;
            return NULL;
        }
        /* The LF of a CR LF belongs to the line before. */
        TRY(read_record(csv, byte, &blank));
    }
    return NULL;
}
