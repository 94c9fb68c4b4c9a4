/* Tables of numbers and words become a data file whatever dialect they are written in, or a message
 * that names file, line and column. */
#include "data/import.h"

#include "base/h5.h"
#include "base/log.h"
#include "data/dataset.h"
#include "imported.h"
#include "scratch.h"
#include "unit.h"

#include <inttypes.h>
#include <math.h>
#include <sys/resource.h>
#include <zlib.h>

enum { MOST_ARGUMENTS = 8 };

extern const Importer import_csv;

/* A scratch folder with a.csv in it, and what came of it. */
typedef struct Try {
    Scratch scratch;
    const char *input, *output;
    H5 *file;
} Try;

static Try try_begin(const char *text, size_t size)
{
    log_level(LOG_SILENT);
    Try t = {.scratch = scratch_make()};
    t.input = scratch_path(&t.scratch, "a.csv");
    t.output = scratch_path(&t.scratch, "out.h5");
    scratch_write(t.input, text, size);
    return t;
}

/* Imports a.csv with further arguments, ended by NULL; "@name" is a file of the scratch folder. */
static Err try_import(Try *t, const char *const *arguments)
{
    const char *all[MOST_ARGUMENTS + 1] = {t->input};
    int count = 1;
    for (int i = 0; i < MOST_ARGUMENTS && arguments[i]; i++)
        all[count++] =
            arguments[i][0] == '@' ? scratch_path(&t->scratch, arguments[i] + 1) : arguments[i];
    return import_csv.run(count, (char **)all, t->output);
}

static void try_end(Try *t)
{
    h5_close(t->file);
    scratch_remove(&t->scratch);
}

/* A text that is taken; `file` is what it became. */
static Try taken(const char *text, const char *const *arguments)
{
    Try t = try_begin(text, strlen(text));
    CU_ASSERT_FATAL(fine(try_import(&t, arguments)));
    CU_ASSERT_FATAL(fine(h5_open(&t.file, t.output)));
    return t;
}

#define NOTHING   ((const char *const[]){NULL})
#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

/* x and y of all of these: two features, two rows. */
static void dialects(void)
{
    static const struct {
        const char *text;
        const char *arguments[5];
    } cases[] = {
        {"a,b,y\n1,2,no\n3,4,yes\n", {NULL}},
        {"a,b,y\r\n1,2,no\r\n3,4,yes\r\n", {NULL}},
        {"a,b,y\r1,2,no\r3,4,yes", {NULL}},
        {"a;b;y\n1;2;no\n3;4;yes", {NULL}},
        {"a\tb\ty\n1\t2\tno\n3\t4\tyes\n", {NULL}},
        {"\xEF\xBB\xBF"
         "a,b,y\n1,2,no\n3,4,yes\n",
         {NULL}},
        {"\n\na, b ,y\n\n 1 ,2, no\n   \n3,4, yes \n\n", {NULL}},
        {"\"a\",\"b\",\"y\"\n\"1\",\"2\",\"no\"\n 3 , \"4\" ,\"yes\"\n", {NULL}},
        {"a|b|y\n1|2|no\n3|4|yes\n", {"--separator", "|", NULL}},
        {"a b y\n1 2 no\n3 4 yes\n", {"--separator", "space", NULL}},
        {"a;b;y\n1,0;2,0;no\n3,0e0;+4;yes\n", {"--decimal", ",", NULL}},
        {"y,a,b\nno,1,2\nyes,3,4\n", {"--target", "y", NULL}},
        {"y,a,b\nno,1,2\nyes,3,4\n", {"--target", "0", NULL}},
        {"a,y,b\n1,no,2\n3,yes,4\n", {"--target", "-2", NULL}},
        {"a,\"b\",y,\";;;;\"\n1,2,no,0\n3,4,yes,0\n", {"--target", "y", "--drop", "3", NULL}},
        {"n,a,b,z,y\n7,1,2,?,no\n8,3,4,q,yes\n", {"--drop", "z,n", NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Try t = taken(cases[i].text, cases[i].arguments);
        expect_array(t.file, "/train/x", 2, 2, (double[]){1, 2, 3, 4});
        expect_array(t.file, "/train/y", 2, 1, (double[]){0, 1});
        expect_names(t.file, "features", "a|b");
        expect_names(t.file, "targets", "y");
        expect_names(t.file, "classes", "no|yes");
        try_end(&t);
    }
}

static void quotes(void)
{
    Try t = taken("\"a,\"\"1\"\"\",y\n\"2\",\"x\ny\"\n3,\"p,\"\"q\"\"\"\n4,\"x\ny\"\n", NOTHING);
    expect_names(t.file, "features", "a,\"1\"");
    expect_names(t.file, "classes", "p,\"q\"|x\ny");
    expect_array(t.file, "/train/y", 3, 1, (double[]){1, 0, 1});
    try_end(&t);
}

static void headers(void)
{
    Try t = taken("1,2,0\n3,4,1\n", NOTHING);
    expect_array(t.file, "/train/x", 2, 2, (double[]){1, 2, 3, 4});
    expect_names(t.file, "features", "0|1");
    try_end(&t);
    t = taken("1,2,3\n5,6,0\n7,8,1\n", WITH("--header", "yes", "--target", "3"));
    expect_array(t.file, "/train/x", 2, 2, (double[]){5, 6, 7, 8});
    expect_names(t.file, "features", "1|2");
    try_end(&t);
    t = taken("a,b,p\nb,a,q\n", WITH("--header", "no"));
    expect_array(t.file, "/train/x", 2, 4, (double[]){1, 0, 0, 1, 0, 1, 1, 0});
    expect_names(t.file, "features", "0_a|0_b|1_a|1_b");
    try_end(&t);
    t = taken(",a,y\n1,2,p\n3,4,q\n", NOTHING);
    expect_names(t.file, "features", "Unnamed: 0|a");
    try_end(&t);
}

static void packed(void)
{
    Try t = try_begin("", 0);
    gzFile file = gzopen(t.input, "wb");
    CU_ASSERT_FATAL(file && gzputs(file, "a,y\n1,no\n2,yes\n") > 0 && gzclose(file) == Z_OK);
    CU_ASSERT_FATAL(fine(try_import(&t, NOTHING)));
    CU_ASSERT_FATAL(fine(h5_open(&t.file, t.output)));
    expect_array(t.file, "/train/x", 2, 1, (double[]){1, 2});
    char *bytes;
    size_t size;
    CU_ASSERT_FATAL(fine(file_read(t.input, &bytes, &size)));
    scratch_write(t.input, bytes, size - 9);
    mem_free(bytes);
    CU_ASSERT(refused(try_import(&t, NOTHING), STATUS_USER, "a.csv: ends in the middle"));
    try_end(&t);
}

/* One table in two orders of its rows: the same columns, the same codes. */
static void categories(void)
{
    static const char *const texts[] = {"c,s,y\nred,1,u\nblue,2,v\ngreen,3,u\n",
                                        "c,s,y\ngreen,3,u\nblue,2,v\nred,1,u\n"};
    static const double onehot[2][12] = {{0, 0, 1, 1, 1, 0, 0, 2, 0, 1, 0, 3},
                                         {0, 1, 0, 3, 1, 0, 0, 2, 0, 0, 1, 1}};
    static const double code[2][6] = {{2, 1, 0, 2, 1, 3}, {1, 3, 0, 2, 2, 1}};
    for (int i = 0; i < 2; i++) {
        Try t = taken(texts[i], NOTHING);
        expect_names(t.file, "features", "c_blue|c_green|c_red|s");
        expect_array(t.file, "/train/x", 3, 4, onehot[i]);
        try_end(&t);
        t = taken(texts[i], WITH("--categorical", "code"));
        expect_names(t.file, "features", "c|s");
        expect_array(t.file, "/train/x", 3, 2, code[i]);
        try_end(&t);
    }
}

static void tasks(void)
{
    H5Info info;
    Try t = taken("a,y\n1,10\n2,9\n3,-1\n4,9.0\n", NOTHING);
    expect_names(t.file, "classes", "-1|9|10");
    expect_array(t.file, "/train/y", 4, 1, (double[]){2, 1, 0, 1});
    CU_ASSERT(fine(h5_info(t.file, "/train/y", &info)) && info.kind == H5_INTEGER);
    try_end(&t);
    t = taken("a,y\n1,10\n2,9\n", WITH("--task", "regress"));
    CU_ASSERT(!h5_has_attribute(t.file, "/", "classes"));
    expect_array(t.file, "/train/y", 2, 1, (double[]){10, 9});
    CU_ASSERT(fine(h5_info(t.file, "/train/y", &info)) && info.kind == H5_FLOAT);
    try_end(&t);
    t = taken("a,y\n1,10.5\n2,9\n", NOTHING);
    expect_array(t.file, "/train/y", 2, 1, (double[]){10.5, 9});
    try_end(&t);
    t = taken("y,a,z\n1,2,3\n4,5,6\n", WITH("--target", "z,y"));
    expect_array(t.file, "/train/x", 2, 1, (double[]){2, 5});
    expect_array(t.file, "/train/y", 2, 2, (double[]){1, 3, 4, 6});
    expect_names(t.file, "targets", "y|z");
    try_end(&t);
}

/* 33 different integers are numbers, unless somebody says that they are classes. */
static void many_integers(void)
{
    Arena arena = {0};
    const char *text = "a,y\n";
    for (int i = 0; i < 33; i++)
        text = arena_text(&arena, "%s%d,%d\n", text, i, i);
    Try t = taken(text, NOTHING);
    CU_ASSERT(!h5_has_attribute(t.file, "/", "classes"));
    try_end(&t);
    t = taken(text, WITH("--task", "classify"));
    CU_ASSERT(h5_has_attribute(t.file, "/", "classes"));
    try_end(&t);
    arena_free(&arena);
}

static void numbers(void)
{
    Try t = taken("a,y\n0.1,0\n-1.5e-3,0\n+7.,1\n.5,1\n1e-50,0\n16777217,1\n", NOTHING);
    expect_array(t.file, "/train/x", 6, 1, (double[]){0.1f, -1.5e-3f, 7, 0.5, 0, 16777216});
    try_end(&t);
}

/* a: 1, 9, 2, ?, 3; its median is 2.5, its mean 3.75; c: a missing word. */
static void missing(void)
{
    static const char text[] = "a,c,y\n1,u,0\n9,v,1\n2,,0\nNA,u,1\n3,u,1\n";
    static const struct {
        const char *word;
        double value;
    } cases[] = {{"mean", 3.75}, {"median", 2.5}, {"zero", 0}};
    for (int i = 0; i < 3; i++) {
        double x[] = {1, 1, 0, 9, 0, 1, 2, 0, 0, cases[i].value, 1, 0, 3, 1, 0};
        Try t = taken(text, WITH("--missing", cases[i].word));
        expect_array(t.file, "/train/x", 5, 3, x);
        try_end(&t);
    }
    Try t = taken(text, WITH("--missing", "zero", "--categorical", "code"));
    expect_array(t.file, "/train/x", 5, 2, (double[]){1, 0, 9, 1, 2, -1, 0, 0, 3, 0});
    try_end(&t);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Against a sort, for odd and even counts, signs, repeats and magnitudes. */
static void medians(void)
{
    for (int count = 1; count <= 64; count++) {
        Arena arena = {0};
        float values[64];
        const char *text = "a,y\n,0\n";
        uint32_t state = (uint32_t)count;
        for (int i = 0; i < count; i++) {
            state = state * 1664525 + 1013904223;
            values[i] = (float)((int)(state >> 20) - 2048) * (i % 3 ? 1e-3f : 1e20f);
            text = arena_text(&arena, "%s%.9g,%d\n", text, values[i], i % 2);
        }
        Try t = taken(arena_text(&arena, "%s5,1\n5,0\n", text), WITH("--missing", "median"));
        float sorted[66], found;
        memcpy(sorted, values, sizeof values);
        sorted[count] = sorted[count + 1] = 5;
        qsort(sorted, (size_t)count + 2, sizeof *sorted, by_value);
        CU_ASSERT(fine(h5_read(t.file, "/train/x", H5_F32, 0, 1, &found)));
        CU_ASSERT_EQUAL(found,
                        (float)(((double)sorted[(count + 1) / 2] + sorted[(count + 2) / 2]) / 2));
        try_end(&t);
        arena_free(&arena);
    }
}

/* Rows with a = 0 .. 99 and gaps in b; the test part must not move what fills them. */
static const char *hundred(Arena *arena)
{
    const char *text = "a,b,y\n";
    for (int i = 0; i < 100; i++)
        text = i % 10 == 0 ? arena_text(arena, "%s%d,,%d\n", text, i, i % 2)
                           : arena_text(arena, "%s%d,%d,%d\n", text, i, i * i, i % 2);
    return text;
}

static void split(void)
{
    Arena arena = {0};
    const char *text = hundred(&arena);
    float train[2][80][2], test[2][20][2];
    for (int i = 0; i < 2; i++) {
        Try t = taken(text,
                      WITH("--test-fraction", "0.2", "--missing", "mean", "--seed", i ? "2" : "1"));
        CU_ASSERT_FATAL(fine(h5_read(t.file, "/train/x", H5_F32, 0, 80, train[i])));
        CU_ASSERT_FATAL(fine(h5_read(t.file, "/test/x", H5_F32, 0, 20, test[i])));
        int seen[100] = {0}, count = 0;
        double sum = 0;
        for (int r = 0; r < 80; r++) {
            int a = (int)train[i][r][0];
            seen[a]++;
            sum += a % 10 ? a * a : 0;
            count += a % 10 != 0;
            CU_ASSERT(r == 0 || a > train[i][r - 1][0]); /* the file's order */
        }
        for (int r = 0; r < 20; r++)
            seen[(int)test[i][r][0]]++;
        for (int a = 0; a < 100; a++)
            CU_ASSERT_EQUAL(seen[a], 1);
        for (int r = 0; r < 20; r++)
            if ((int)test[i][r][0] % 10 == 0)
                CU_ASSERT_EQUAL(test[i][r][1], (float)(sum / count));
        try_end(&t);
    }
    CU_ASSERT(memcmp(test[0], test[1], sizeof test[0]) != 0);
    arena_free(&arena);
}

static void several_files(void)
{
    Try t = try_begin("a,c,y\n1,u,p\n", 12);
    scratch_write(scratch_path(&t.scratch, "b.csv"), "a,c,y\n2,v,q\n", 12);
    scratch_write(scratch_path(&t.scratch, "t.csv"), "a,c,y\n,w,q\n", 11);
    CU_ASSERT_FATAL(fine(try_import(&t, WITH("@b.csv", "--test", "@t.csv", "--missing", "mean"))));
    CU_ASSERT_FATAL(fine(h5_open(&t.file, t.output)));
    expect_array(t.file, "/train/x", 2, 4, (double[]){1, 1, 0, 0, 2, 0, 1, 0});
    expect_array(t.file, "/test/x", 1, 4, (double[]){1.5, 0, 0, 1});
    expect_array(t.file, "/test/y", 1, 1, (double[]){1});
    scratch_write(t.input, "a,c,y\n,u,p\n", 11);
    scratch_write(scratch_path(&t.scratch, "t.csv"), "a,c,y\n1,w,q\n", 12);
    CU_ASSERT(refused(try_import(&t, WITH("--test", "@t.csv", "--missing", "mean")), STATUS_USER,
                      "column \"a\" has no value in the training part"));
    scratch_write(scratch_path(&t.scratch, "t.csv"), "a,b,y\n1,w,q\n", 12);
    CU_ASSERT(refused(try_import(&t, WITH("--test", "@t.csv")), STATUS_USER,
                      "t.csv: line 1: column 1 is \"b\", in "));
    try_end(&t);
}

static void wrong_texts(void)
{
    static const struct {
        const char *text, *words;
        const char *arguments[5];
    } cases[] = {
        {"", "a.csv: is empty", {NULL}},
        {"\n \r\n", "a.csv: is empty", {NULL}},
        {"a,y\n", "a.csv: has a header and no rows", {NULL}},
        {"a\n1\n", "line 1: has one column; a feature and a target are wanted", {NULL}},
        {"a b\n1 2\n", "is the separator not ','?", {NULL}},
        {"a,y\n1,\"no\n2,yes\n", "line 2: a quote is opened here and never closed", {NULL}},
        {"a,y\n1,\"no\"t\n", "line 2: field 2 goes on after its closing quote", {NULL}},
        {"a,y\n1,0\n\n2,0,1\n", "line 4: has 3 fields, the first line of ", {NULL}},
        {"a,y\n1,\"x\ny\"\n2\n", "line 4: has 1 fields", {NULL}},
        {"a,y\r\n1,\"x\r\ny\"\r\n2\r\n", "line 4: has 1 fields", {NULL}},
        {"a,y\r1,0\r2\r", "line 3: has 1 fields", {NULL}},
        {"a,b,a\n1,2,3\n",
         "line 1: columns 0 and 2 have the same name, \"a\"; is this line no",
         {NULL}},
        {"a,y\n1,0\n,1\n,1\n",
         "line 3: column \"a\": a value is missing (\"\"; 2 in this column)",
         {NULL}},
        {"a,y\n1,0\n?,1\n", "line 3: column \"a\": a value is missing (\"?\"", {NULL}},
        {"a,y\n1,0\nnan,1\n", "line 3: column \"a\": a value is missing (\"nan\"", {NULL}},
        {"a,y\n1,0\n2,null\n",
         "line 3: column \"y\": the target is missing (\"null\")",
         {"--missing", "mean", NULL}},
        {"a,b,y\n1,,0\n2,,1\n",
         "column \"b\" has no values; --drop leaves it out",
         {"--missing", "mean", NULL}},
        {"a,y\n1,0\n-inf,1\n", "line 3: column \"a\": -inf is infinite", {NULL}},
        {"a,y\n1,0\n1e39,1\n", "line 3: column \"a\": 1e39 is infinite in float32", {NULL}},
        {"a,y\n1,0.5\n1,inf\n", "line 3: column \"y\": inf is infinite", {NULL}},
        {"a,y\n1,0\n2,1\n3x,1\n",
         "line 4: column \"a\": \"3x\" is no number, 2 others are",
         {NULL}},
        {"150,4,setosa\n1,2,0\n3,4,1\n",
         "line 1: column \"2\": \"setosa\" is no number, 2 others",
         {NULL}},
        {"a,y\n1,u\n2,v\n",
         "line 2: column \"y\": \"u\" is no number, so it cannot be regressed",
         {"--task", "regress", NULL}},
        {"a,y\n1,1\n2,1.5\n",
         "line 3: column \"y\": 1.5 is no class",
         {"--task", "classify", NULL}},
        {"a,y,z\n1,1,2\n2,2,3\n",
         "--task classify: classes stand in one column; --target names 2",
         {"--target", "y,z", "--task", "classify", NULL}},
        {"a,y\n1,u\n2,u\n", "column \"y\": all rows are of one class, \"u\"", {NULL}},
        {"age,income\n1,2\n",
         "--target: there is no column \"incone\"; did you mean \"income\"?",
         {"--target", "incone", NULL}},
        {"age,income\n1,2\n", "--drop: there is no column \"7\"", {"--drop", "7", NULL}},
        {"a,y\n1,2\n", "--drop: column \"a\" is named twice", {"--drop", "a,a", NULL}},
        {"a,y\n1,2\n", "leave no column to learn from", {"--drop", "a", NULL}},
        {"a,y\n1,0\n2,1\n",
         "0 of 2 rows leave nothing for the test part",
         {"--test-fraction", "0.1", NULL}},
        {"\xFF\xFE"
         "a",
         "a.csv: is UTF-16; UTF-8 is wanted: iconv",
         {NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Try t = try_begin(cases[i].text, strlen(cases[i].text));
        CU_ASSERT(refused(try_import(&t, cases[i].arguments), STATUS_USER, cases[i].words));
        CU_ASSERT(!file_exists(t.output));
        CU_ASSERT(!file_exists(scratch_path(&t.scratch, "out.h5.tmp")));
        try_end(&t);
    }
}

static void zero_bytes(void)
{
    Try t = try_begin("a,y\n1,0\n2\0,1\n", 13);
    CU_ASSERT(refused(try_import(&t, NOTHING), STATUS_USER, "a.csv: line 3: has a zero byte"));
    try_end(&t);
}

/* A quote that stays open for 20 MB, a name and a word that are none, and 10001 words. */
static void too_much(void)
{
    size_t size = 20 << 20;
    char *text = mem_alloc((int64_t)size, 1);
    memset(text, 'x', size);
    memcpy(text, "a,y\n1,\"", 7);
    Try t = try_begin(text, size);
    CU_ASSERT(refused(try_import(&t, NOTHING), STATUS_USER,
                      "a.csv: line 2: a record of more than 16 MB begins here"));
    memcpy(text, "xxxx,xx\n", 8);
    memcpy(text + 2000, ",y\n1,2\n", 7);
    memset(text, 'x', 2000);
    scratch_write(t.input, text, 2007);
    CU_ASSERT(refused(try_import(&t, NOTHING), STATUS_USER, "the name of column 0 has 2000 bytes"));
    memset(text, 'x', 3000);
    memcpy(text, "a,y\n", 4);
    memcpy(text + 2000, ",1\nq,2\n", 7);
    scratch_write(t.input, text, 2007);
    CU_ASSERT(refused(try_import(&t, NOTHING), STATUS_USER,
                      "line 2: column \"a\": a text of 1996 bytes is no category"));
    size = (size_t)sprintf(text, "a,y\n");
    for (int i = 0; i <= 10000; i++)
        size += (size_t)sprintf(text + size, "w%d,%d\n", i, i % 2);
    scratch_write(t.input, text, size);
    CU_ASSERT(refused(try_import(&t, NOTHING), STATUS_USER,
                      "line 10002: column \"a\": \"w0\" is no number, and with this line there are "
                      "more than 10000"));
    mem_free(text);
    try_end(&t);
}

static void wrong_arguments(void)
{
    static const struct {
        const char *arguments[5], *words;
    } cases[] = {
        {{"--seperator", ";"}, "unknown option --seperator; did you mean --separator?"},
        {{"--separator", "::"}, "--separator: found \"::\"; one character is wanted"},
        {{"--header", "maybe"},
         "--header: found \"maybe\"; one of these is wanted: detect, yes, no"},
        {{"--missing", "mode"}, "one of these is wanted: refuse, mean, median, zero"},
        {{"--target"}, "--target needs a value"},
        {{"--target", "a,,b"}, "--target: name 1 is empty"},
        {{"--test-fraction", "20"}, "--test-fraction: found \"20\"; a number between 0 and 1"},
        {{"--test-fraction", "0.2", "--seed", "-1"}, "--seed: found \"-1\""},
        {{"--test-fraction", "0.2", "--test", "@b"}, "--test and --test-fraction exclude"},
        {{"@nowhere.csv"}, "nowhere.csv: cannot be read (No such file or directory)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Try t = try_begin("a,y\n1,u\n2,v\n", 12);
        CU_ASSERT(refused(try_import(&t, cases[i].arguments), STATUS_USER, cases[i].words));
        try_end(&t);
    }
    CU_ASSERT(refused(import_csv.run(0, NULL, "out.h5"), STATUS_USER, "which file?"));
}

/* A table with a word of 1000 in each row: its data file has 4 KB a row. */
static const char *large_table(Try *t, int rows)
{
    const char *path = scratch_path(&t->scratch, "large.csv");
    FILE *file = fopen(path, "w");
    CU_ASSERT_FATAL(file != NULL);
    for (int i = 0; i < rows; i++)
        fprintf(file, "%d,w%03d,%d\n", i, i % 1000, i % 2);
    CU_ASSERT_FATAL(fclose(file) == 0);
    return path;
}

static Err import_alone(const char *path, const char *output)
{
    return import_csv.run(1, (char *[]){(char *)path}, output);
}

static void streams(void)
{
    enum { ROWS = 8 << 10, ROOM = 24 << 20 }; /* 32 MB of x */
    Try t = try_begin("", 0);
    const char *path = large_table(&t, ROWS);
#ifndef __SANITIZE_ADDRESS__ /* which needs terabytes for itself */
    struct rlimit before, limit;
    CU_ASSERT_FATAL(getrlimit(RLIMIT_DATA, &before) == 0);
    limit = before;
    limit.rlim_cur = ROOM;
    CU_ASSERT_FATAL(setrlimit(RLIMIT_DATA, &limit) == 0);
#endif
    Err err = import_alone(path, t.output);
#ifndef __SANITIZE_ADDRESS__
    CU_ASSERT_FATAL(setrlimit(RLIMIT_DATA, &before) == 0);
#endif
    CU_ASSERT_FATAL(fine(err));
    CU_ASSERT_FATAL(fine(h5_open(&t.file, t.output)));
    H5Info info;
    float row[1001];
    CU_ASSERT(fine(h5_info(t.file, "/train/x", &info)) && info.dims[0] == ROWS);
    CU_ASSERT_EQUAL(info.chunk, (256 << 10) / (1001 * 4)); /* whole samples, about 256 KB */
    for (int i = 0; i < ROWS; i += 97) {
        CU_ASSERT(fine(h5_read(t.file, "/train/x", H5_F32, i, i + 1, row)));
        CU_ASSERT(row[0] == i && row[1 + i % 1000] == 1 && row[1 + (i + 1) % 1000] == 0);
    }
    try_end(&t);
}

/* Space runs out at once, and in the middle. */
static void full_disk(void)
{
    static const rlim_t limits[] = {1 << 20, 8 << 20};
    Try t = try_begin("a,y\n1,u\n2,v\n", 12);
    CU_ASSERT_FATAL(fine(try_import(&t, NOTHING)));
    const char *path = large_table(&t, 4 << 10);
    for (int i = 0; i < 2; i++) {
        scratch_limit(limits[i]);
        Err err = import_alone(path, t.output);
        scratch_limit(RLIM_INFINITY);
        CU_ASSERT(
            refused(err, STATUS_FAILED,
                    "out.h5: cannot be written (File too large); the file before it is kept"));
        CU_ASSERT(!file_exists(scratch_path(&t.scratch, "out.h5.tmp")));
    }
    CU_ASSERT_FATAL(fine(h5_open(&t.file, t.output)));
    expect_array(t.file, "/train/x", 2, 1, (double[]){1, 2});
    CU_ASSERT(refused(import_alone(path, "/no/such/folder/out.h5"), STATUS_FAILED,
                      "/no/such/folder/out.h5: cannot be written (No such file or directory)"));
    try_end(&t);
}

/* 3000 names of 100 bytes: more than the 64 KB that an old HDF5 file takes for an attribute. */
static void many_columns(void)
{
    Try t = try_begin("", 0);
    FILE *file = fopen(t.input, "w");
    CU_ASSERT_FATAL(file != NULL);
    for (int i = 0; i < 3000; i++)
        fprintf(file, "%095d name,", i);
    fprintf(file, "y\n");
    for (int row = 0; row < 2; row++) {
        for (int i = 0; i < 3000; i++)
            fprintf(file, "%d,", i + row);
        fprintf(file, "%d\n", row);
    }
    CU_ASSERT_FATAL(fclose(file) == 0);
    CU_ASSERT_FATAL(fine(try_import(&t, NOTHING)));
    CU_ASSERT_FATAL(fine(h5_open(&t.file, t.output)));
    const char **names;
    int count;
    CU_ASSERT_FATAL(fine(h5_read_texts(t.file, "/", "features", &t.scratch.arena, &names, &count)));
    CU_ASSERT(count == 3000 && strstr(names[2999], "2999 name"));
    Dataset *dataset;
    CU_ASSERT_FATAL(fine(dataset_open(&dataset, t.output)));
    CU_ASSERT(dataset_classifies(dataset) && dataset_count(dataset, PART_TRAIN) == 2);
    dataset_close(dataset);
    try_end(&t);
}

/* Two of so many names are equal: comparing each with each would take minutes. */
static void very_many_columns(void)
{
    enum { COLUMNS = 400000 };
    Try t = try_begin("", 0);
    FILE *file = fopen(t.input, "w");
    CU_ASSERT_FATAL(file != NULL);
    for (int i = 0; i < COLUMNS - 1; i++)
        fprintf(file, "x%d,", i);
    fprintf(file, "x7\n");
    CU_ASSERT_FATAL(fclose(file) == 0);
    CU_ASSERT(refused(try_import(&t, NOTHING), STATUS_USER,
                      "line 1: columns 7 and 399999 have the same name, \"x7\""));
    try_end(&t);
}

static const Promise promises[] = {
    {"separators, line ends, quotes, spaces and blank lines are as people write them", dialects},
    {"quotes hold separators, line ends and doubled quotes", quotes},
    {"a header is seen, or said to be there or not", headers},
    {"a gzipped table is read, and a cut one refused", packed},
    {"words become columns or codes in sorted order, whatever the order of the rows", categories},
    {"words and few integers are classes, others values; targets may be several", tasks},
    {"many different integers are values unless --task says otherwise", many_integers},
    {"numbers in all their spellings become float32", numbers},
    {"mean, median or zero stand in for missing numbers; missing words are no word", missing},
    {"the median is that of a sort", medians},
    {"a test part is a function of the seed, and what fills gaps is the training part's", split},
    {"several files are one table, and one of them may be the test part", several_files},
    {"what cannot be taken is named with its line and column", wrong_texts},
    {"a zero byte is named with its line", zero_bytes},
    {"records, names, words and categories have an end", too_much},
    {"wrong arguments are named", wrong_arguments},
    {"memory does not grow with the table", streams},
    {"a full disk leaves the data file that was there", full_disk},
    {"3000 long column names are kept", many_columns},
    {"two equal names among very many are found at once", very_many_columns},
    {0},
};

int main(void)
{
    return unit_run("import csv", promises);
}
