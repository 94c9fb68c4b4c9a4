/* What conf promises: settings are read with their defaults, mistakes are named where they stand,
 * and the resolved text is canonical and reads back. Messages are compared whole, caret and all:
 * they are what a user sees. */
#include "base/conf.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Optimizer {
    const char *type;
    double lr, momentum;
} Optimizer;

static const Field optimizer_fields[] = {
    {"type", FIELD_TEXT, offsetof(Optimizer, type), "sgd", 0, 0, NULL, "the rule"},
    {"lr", FIELD_REAL, offsetof(Optimizer, lr), NULL, 0, INFINITY, NULL, "learning rate"},
    {"momentum", FIELD_REAL, offsetof(Optimizer, momentum), "0.9", 0, 1, NULL, ""},
    {0}};

typedef struct Settings {
    int64_t units;
    double rate;
    bool bias;
    const char *name;
    int reduce;
    Span warmup, limit;
    Node augment;
} Settings;

static const char *const reduces[] = {"tree", "mpi", NULL};

static const Field fields[] = {
    {"units", FIELD_INT, offsetof(Settings, units), "10", 1, 1048576, NULL, "outputs"},
    {"rate", FIELD_REAL, offsetof(Settings, rate), "5e-4", 0, 1, NULL, ""},
    {"bias", FIELD_BOOL, offsetof(Settings, bias), "true", 0, 0, NULL, ""},
    {"name", FIELD_TEXT, offsetof(Settings, name), FIELD_NONE, 0, 0, NULL, ""},
    {"reduce", FIELD_WORD, offsetof(Settings, reduce), "tree", 0, 0, reduces, ""},
    {"warmup", FIELD_SPAN, offsetof(Settings, warmup), "1 epoch", 0, 0, NULL, ""},
    {"limit", FIELD_SPAN, offsetof(Settings, limit), FIELD_NONE, 0, 0, NULL, ""},
    {"augment", FIELD_NODE, offsetof(Settings, augment), "[flip]", 0, 0, NULL, ""},
    {0}};

static const Field unit_fields[] = {
    {"units", FIELD_INT, 0, NULL, 1, 1048576, NULL, "how many outputs"}, {0}};

static Err parse_set(Conf **conf, const char *text, const char *override)
{
    return conf_parse(conf, "a.yaml", text, &override, override ? 1 : 0);
}

static Conf *parse(const char *text)
{
    Conf *conf;
    Err err = parse_set(&conf, text, NULL);
    if (err)
        printf("\n%s\n", err_text(err));
    CU_ASSERT_PTR_NULL_FATAL(err);
    return conf;
}

/* The error is this text and the user's fault. */
static void says(Err err, const char *text)
{
    CU_ASSERT_EQUAL(err_status(err), STATUS_USER);
    if (strcmp(err_text(err), text) != 0) {
        printf("\nexpected:\n%s\nfound:\n%s\n", text, err_text(err));
        CU_FAIL("another message");
    }
    err_free(err);
}

/* The text cannot be parsed, and that is why. */
static void refused(const char *text, const char *why)
{
    Conf *conf;
    says(parse_set(&conf, text, NULL), why);
    CU_ASSERT_PTR_NULL(conf);
    conf_free(conf);
}

/* It can be parsed, but not read by `table`. */
static void misread(const char *text, const char *override, const Field *table, const char *why)
{
    Conf *conf;
    Settings settings;
    Err err = parse_set(&conf, text, override);
    CU_ASSERT_PTR_NULL_FATAL(err);
    says(conf_fields(conf_root(conf), table, &settings), why);
    conf_free(conf);
}

static void values_are_read(void)
{
    Settings s;
    Conf *conf = parse("units: 32\nrate: 1e-1\nbias: false\nname: x y\nreduce: mpi\n"
                       "warmup: 1e6 samples\nlimit: 0.5 epochs\naugment: {crop: 2}\n");
    CU_ASSERT_PTR_NULL(conf_fields(conf_root(conf), fields, &s));
    CU_ASSERT_EQUAL(s.units, 32);
    CU_ASSERT_EQUAL(s.rate, 0.1);
    CU_ASSERT_FALSE(s.bias);
    CU_ASSERT_STRING_EQUAL(s.name, "x y");
    CU_ASSERT_EQUAL(s.reduce, 1);
    CU_ASSERT(s.warmup.count == 1e6 && s.warmup.unit == SPAN_SAMPLES);
    CU_ASSERT(s.limit.count == 0.5 && s.limit.unit == SPAN_EPOCHS);
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_get(s.augment, "crop")), "2");
    conf_free(conf);
}

static void expect_defaults(const Settings *s)
{
    CU_ASSERT_EQUAL(s->units, 10);
    CU_ASSERT_EQUAL(s->rate, 5e-4);
    CU_ASSERT_TRUE(s->bias);
    CU_ASSERT_PTR_NULL(s->name);
    CU_ASSERT_EQUAL(s->reduce, 0);
    CU_ASSERT(s->warmup.count == 1 && s->warmup.unit == SPAN_EPOCHS);
    CU_ASSERT_EQUAL(s->limit.count, -1);
}

static void absent_keys_get_defaults(void)
{
    Settings s = {.units = 77};
    Conf *conf = parse("bias: true\n");
    CU_ASSERT_PTR_NULL(conf_fields(conf_root(conf), fields, &s));
    expect_defaults(&s);
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_item(s.augment, 0)), "flip");
    CU_ASSERT_STRING_EQUAL(conf_text(conf),
                           "bias: true\nunits: 10\nrate: 5e-4\nreduce: tree\nwarmup: 1 epoch\n"
                           "augment: [flip]\n");
    conf_free(conf);
}

static void absent_nodes_give_defaults_too(void)
{
    Settings s = {.units = 77};
    Conf *conf = parse("bias: true\n");
    CU_ASSERT_PTR_NULL(conf_fields(conf_get(conf_root(conf), "nowhere"), fields, &s));
    expect_defaults(&s);
    CU_ASSERT_EQUAL(conf_count(s.augment), 1);
    CU_ASSERT_STRING_EQUAL(conf_text(conf), "bias: true\n");
    conf_free(conf);
    int64_t units = 0;
    static const Field literal[] = {{"units", FIELD_INT, 0, "7", 0, 0, NULL, ""}, {0}};
    CU_ASSERT_PTR_NULL(conf_fields((Node){0}, literal, &units));
    CU_ASSERT_EQUAL(units, 7);
    CU_ASSERT_EQUAL(conf_count(conf_item(conf_get((Node){0}, "x"), 3)), 0);
    says(conf_fields((Node){0}, unit_fields, &units), "\"units\" is missing: how many outputs");
}

static void null_means_none(void)
{
    Settings s;
    Conf *conf = parse("name: ~\nlimit: null\naugment:\n");
    CU_ASSERT_PTR_NULL(conf_fields(conf_root(conf), fields, &s));
    CU_ASSERT_PTR_NULL(s.name);
    CU_ASSERT_EQUAL(s.limit.count, -1);
    CU_ASSERT_FALSE(conf_exists(s.augment));
    CU_ASSERT_EQUAL(strncmp(conf_text(conf), "augment: null\nunits: 10\n", 24), 0);
    conf_free(conf);
    misread("units:\n", NULL, fields,
            "a.yaml:1:1: expected an integer from 1 to 1048576, found nothing\n"
            "  1 | units:\n"
            "    | ^");
    static const Field model[] = {{"model", FIELD_NODE, 0, NULL, 0, 0, NULL, ""}, {0}};
    misread("model:\n", NULL, model,
            "a.yaml:1:1: expected a value, found nothing\n"
            "  1 | model:\n"
            "    | ^");
}

static void misspelt_key_is_named(void)
{
    misread("units: 3\nwarmpu: 1 epoch\n", NULL, fields,
            "a.yaml:2:1: unknown key \"warmpu\"; did you mean \"warmup\"?\n"
            "  2 | warmpu: 1 epoch\n"
            "    | ^");
    misread("width: 3\n", NULL, unit_fields,
            "a.yaml:1:1: unknown key \"width\"; known: units\n"
            "  1 | width: 3\n"
            "    | ^");
}

static void key_is_placed_in_its_section(void)
{
    Optimizer optimizer;
    Node section;
    Conf *conf = parse("a: 1\noptimizer:\n\n  # comment\n  lr: 1\n  momentun: 0.5\n");
    CU_ASSERT_PTR_NULL(conf_section(conf_root(conf), "optimizer", &section));
    says(conf_fields(section, optimizer_fields, &optimizer),
         "a.yaml:6:3: unknown key \"momentun\" in optimizer; did you mean \"momentum\"?\n"
         "  6 |   momentun: 0.5\n"
         "    |   ^");
    conf_free(conf);
}

static void missing_key_is_named(void)
{
    Optimizer optimizer;
    Node section;
    Conf *conf = parse("optimizer: {type: adam}\nbatch:\n");
    CU_ASSERT_PTR_NULL(conf_section(conf_root(conf), "optimizer", &section));
    says(conf_fields(section, optimizer_fields, &optimizer),
         "a.yaml:1:12: \"lr\" is missing in optimizer: learning rate\n"
         "  1 | optimizer: {type: adam}\n"
         "    |            ^");
    CU_ASSERT_PTR_NULL(conf_section(conf_root(conf), "batch", &section));
    says(conf_fields(section, unit_fields, &optimizer),
         "a.yaml:2:1: \"units\" is missing in batch: how many outputs\n"
         "  2 | batch:\n"
         "    | ^");
    conf_free(conf);
}

/* A line "units: VALUE" is refused with this description. */
static void bad_value(const char *line, const char *complaint)
{
    int column = (int)strcspn(line, " ") + 2;
    char why[400];
    snprintf(why, sizeof why, "a.yaml:1:%d: expected %s\n  1 | %s\n    | %*s^", column, complaint,
             line, column - 1, "");
    misread(line, NULL, fields, why);
}

static void wrong_types_say_what_was_expected(void)
{
    bad_value("units: abc", "an integer from 1 to 1048576, found \"abc\"");
    bad_value("units: 0", "an integer from 1 to 1048576, found \"0\"");
    bad_value("units: 1e3", "an integer from 1 to 1048576, found \"1e3\"");
    bad_value("units: 60_000", "an integer from 1 to 1048576, found \"60_000\"");
    bad_value("units: 99999999999999999999", "an integer from 1 to 1048576, found "
                                             "\"99999999999999999999\"");
    bad_value("units: [1]", "an integer from 1 to 1048576, found a list");
    bad_value("rate: 2", "a number from 0 to 1, found \"2\"");
    bad_value("rate: 1/3", "a number from 0 to 1, found \"1/3\"");
    bad_value("rate: nan", "a number from 0 to 1, found \"nan\"");
    bad_value("rate: .inf", "a number from 0 to 1, found \".inf\"");
    bad_value("rate: 0x1p-3", "a number from 0 to 1, found \"0x1p-3\"");
    bad_value("rate: {}", "a number from 0 to 1, found a mapping");
    bad_value("name: [a]", "a text, found a list");
    bad_value("reduce: tre", "one of tree, mpi, found \"tre\"; did you mean \"tree\"?");
    bad_value("reduce: gossip", "one of tree, mpi, found \"gossip\"");
    misread("optimizer: {lr: 1}", NULL, optimizer_fields,
            "a.yaml:1:1: unknown key \"optimizer\"; known: type, lr, momentum\n"
            "  1 | optimizer: {lr: 1}\n"
            "    | ^");
    misread("lr: -1", NULL, optimizer_fields,
            "a.yaml:1:5: expected a number of at least 0, found \"-1\"\n"
            "  1 | lr: -1\n"
            "    |     ^");
    misread("lr: 1e999", NULL, optimizer_fields,
            "a.yaml:1:5: expected a number of at least 0, found \"1e999\"\n"
            "  1 | lr: 1e999\n"
            "    |     ^");
}

static void only_true_and_false_are_bools(void)
{
    bad_value("bias: yes", "true or false, found \"yes\"; did you mean \"true\"?");
    bad_value("bias: Off", "true or false, found \"Off\"; did you mean \"false\"?");
    bad_value("bias: True", "true or false, found \"True\"; did you mean \"true\"?");
    bad_value("bias: 1", "true or false, found \"1\"");
}

static void durations_need_a_unit(void)
{
    const char *const wrong[] = {"3",       "-1 epochs", "3 weeks",  "epochs",
                                 "3epochs", "inf steps", "1 2 steps"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[40], complaint[200];
        snprintf(line, sizeof line, "warmup: %s", wrong[i]);
        snprintf(complaint, sizeof complaint,
                 "a duration such as \"3 epochs\", \"500 steps\" or \"1e6 samples\", found \"%s\"",
                 wrong[i]);
        bad_value(line, complaint);
    }
}

static void syntax_errors_have_a_place(void)
{
    refused("a:\n\tb: 1\n", "a.yaml:2:1: tab character may not be used as indentation\n"
                            "  2 | \tb: 1\n"
                            "    | ^");
    refused("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key \"a\" is given twice\n"
                                  "  3 | a: 3\n"
                                  "    | ^");
    refused("", "a.yaml:1:1: the configuration is empty\n  1 | \n    | ^");
    refused("# nothing\n", "a.yaml:1:1: the configuration is empty\n  1 | # nothing\n    | ^");
    refused("- a\n- b\n", "a.yaml:1:1: expected settings, one \"key: value\" a line\n"
                          "  1 | - a\n"
                          "    | ^");
    refused("a: [1, 2\n", "a.yaml:1:8: flow sequence without a closing bracket\n"
                          "  1 | a: [1, 2\n"
                          "    |        ^");
    refused("a: 1\n---\nb: 2\n",
            "a.yaml:2:1: a second document begins here; one file is one configuration\n"
            "  2 | ---\n"
            "    | ^");
    refused("a: !!str 5\n", "a.yaml:1:4: tags (a word after '!') have no meaning here\n"
                            "  1 | a: !!str 5\n"
                            "    |    ^");
    refused("a: 1\n? [x]\n: 2\n", "a.yaml:2:3: expected a name as the key\n"
                                  "  2 | ? [x]\n"
                                  "    |   ^");
    refused("%YAML 3.0\n---\na: 1\n", "a.yaml:1:1: this is no YAML 1.2\n"
                                      "  1 | %YAML 3.0\n"
                                      "    | ^");
    refused("a: 1\n  b: 2\n", "a.yaml:1:4: invalid multiline plain key (a missing ':', or the "
                              "next line indented too far?)\n"
                              "  1 | a: 1\n"
                              "    |    ^");
}

static void directives_are_refused(void)
{
    refused("a: [1,\n%[", "a.yaml:2:1: a line that begins with % is a directive of YAML's, which a "
                          "configuration does not have; put such a text in quotes\n"
                          "  2 | %[\n"
                          "    | ^");
    refused("%TAG ! x\n---\na: 1\n",
            "a.yaml:1:1: a line that begins with % is a directive of YAML's, which a configuration "
            "does not have; put such a text in quotes\n"
            "  1 | %TAG ! x\n"
            "    | ^");
}

static void text_must_be_utf8(void)
{
    refused("a: 1\nb: \xff\xfe\nc: 3\n", "a.yaml:2:4: the byte 0xff is no text in UTF-8\n"
                                         "  2 | b: \xff\xfe\n"
                                         "    |    ^");
    refused("a: \x01\n", "a.yaml:1:4: the byte 0x01 is no text in UTF-8\n"
                         "  1 | a: ?\n"
                         "    |    ^");
    refused("a: \"x\\0y\"\n", "a.yaml:1:5: a text cannot contain the character NUL\n"
                              "  1 | a: \"x\\0y\"\n"
                              "    |     ^");
}

static void columns_count_characters(void)
{
    misread("\xef\xbb\xbf{name: \"\xc3\xa4\xe2\x82\xac\", units: x}\r\n", NULL, fields,
            "a.yaml:1:21: expected an integer from 1 to 1048576, found \"x\"\n"
            "  1 | {name: \"\xc3\xa4\xe2\x82\xac\", units: x}\n"
            "    |                     ^");
    misread("name: x\r\nunits: \t'x'\r\n", NULL, fields,
            "a.yaml:2:9: expected an integer from 1 to 1048576, found \"x\"\n"
            "  2 | units: \t'x'\n"
            "    |        \t^");
}

static void long_lines_are_cut_around_the_caret(void)
{
    char text[1000], name[301] = "";
    memset(name, 'n', 300);
    snprintf(text, sizeof text, "{name: %s, units: x, limit: %s}", name, name);
    misread(text, NULL, fields,
            "a.yaml:1:317: expected an integer from 1 to 1048576, found \"x\"\n"
            "  1 | ...nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn, units: x, limit: "
            "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\n"
            "    |                                                                ^");
}

static void overrides_set_values(void)
{
    const char *const overrides[] = {
        "a.b=2",        "list.1.units=64", "new.key.deep=[x, {y: 1}]", "decay.cosine.min=0.1",
        "empty.is=now", "a.c= \"s\""};
    Conf *conf;
    Err err = conf_parse(&conf, "a.yaml",
                         "a: {b: 1}\nlist: [x, {units: 3}]\ndecay: cosine\nempty:\n", overrides, 6);
    CU_ASSERT_PTR_NULL_FATAL(err);
    CU_ASSERT_STRING_EQUAL(conf_text(conf), "a: {b: 2, c: s}\nlist:\n  - x\n  - units: 64\n"
                                            "decay: {cosine: {min: 0.1}}\nempty: {is: now}\n"
                                            "new:\n  key:\n    deep:\n      - x\n      - y: 1\n");
    conf_free(conf);
}

/* The override cannot be applied to this text, and that is why. */
static void set_refused(const char *override, const char *why)
{
    Conf *conf;
    says(parse_set(&conf, "a: 1\nlist: [x, y]\nmodel: [{dense: 10}]\n", override), why);
}

static void bad_overrides_are_refused_in_words(void)
{
    set_refused("units", "--set units: expected \"path=value\"\n  | units\n  | ^");
    set_refused("a=", "--set a=: there is no value after \"=\"; none is written ~\n"
                      "  | a=\n"
                      "  |   ^");
    set_refused("a..b=1", "--set a..b=1: a name is missing in the path\n"
                          "  | a..b=1\n"
                          "  |   ^");
    set_refused("list.2=1", "--set list.2=1: list has 2 items, numbered from 0; there is no \"2\"\n"
                            "  | list.2=1\n"
                            "  |      ^");
    set_refused("list.-1=1",
                "--set list.-1=1: list has 2 items, numbered from 0; there is no \"-1\"\n"
                "  | list.-1=1\n"
                "  |      ^");
    set_refused("model.0.dense.units=3",
                "--set model.0.dense.units=3: model.0.dense is \"10\", which has no \"units\" "
                "inside\n"
                "  | model.0.dense.units=3\n"
                "  |               ^");
    set_refused("a=[1", "--set a=[1: flow sequence without a closing bracket\n"
                        "  | a=[1\n"
                        "  |    ^");
}

static void override_is_the_place_of_its_values(void)
{
    misread("units: 3\n", "units=abc", fields,
            "--set units=abc: expected an integer from 1 to 1048576, found \"abc\"\n"
            "  | units=abc\n"
            "  |       ^");
    misread("units: 3\n", "unist=4", fields,
            "--set unist=4: unknown key \"unist\"; did you mean \"units\"?\n"
            "  | unist=4\n"
            "  | ^");
}

/* All spellings of a layer end as this text. */
static void settles_as(const char *text, const char *main_key, const char *resolved)
{
    Conf *conf = parse(text);
    Node settings;
    Node layer = conf_item(conf_get(conf_root(conf), "model"), 0);
    CU_ASSERT_PTR_NULL(conf_settings(layer, main_key, &settings));
    CU_ASSERT_TRUE(conf_is_map(settings));
    CU_ASSERT_STRING_EQUAL(conf_text(conf), resolved);
    conf_free(conf);
}

static void spellings_of_a_choice_are_one(void)
{
    settles_as("model: [relu]", NULL, "model:\n  - relu: {}\n");
    settles_as("model:\n  - relu:\n", "slope", "model:\n  - relu: {}\n");
    settles_as("model:\n  - relu: {}\n", NULL, "model:\n  - relu: {}\n");
    settles_as("model:\n- dense: 10\n", "units", "model:\n  - dense: {units: 10}\n");
    settles_as("model:\n- dense:\n    units: 10\n", "units", "model:\n  - dense: {units: 10}\n");
    settles_as("model: relu", NULL, "model: {relu: {}}\n");
    settles_as("model:\n- pool: [2, 3]\n", "size", "model:\n  - pool: {size: [2, 3]}\n");
}

static void value_alone_is_its_main_setting(void)
{
    static const char *const texts[] = {"warmup: 1 epoch\n", "warmup: {length: 1 epoch}\n"};
    for (int i = 0; i < 2; i++) {
        Conf *conf = parse(texts[i]);
        CU_ASSERT_PTR_NULL(conf_expand(conf_get(conf_root(conf), "warmup"), "length"));
        CU_ASSERT_STRING_EQUAL(conf_text(conf), "warmup: {length: 1 epoch}\n");
        conf_free(conf);
    }
    Conf *conf = parse("warmup: 1 epoch\n");
    says(conf_expand(conf_get(conf_root(conf), "warmup"), NULL),
         "a.yaml:1:9: \"warmup\" has no main setting: write \"warmup: {setting: value}\"\n"
         "  1 | warmup: 1 epoch\n"
         "    |         ^");
    conf_free(conf);
}

static void items_are_read_as_fields(void)
{
    static const Field item = {.name = "at", .kind = FIELD_SPAN};
    Conf *conf = parse("at: [3 epochs, soon]\n");
    Node list = conf_get(conf_root(conf), "at");
    Span span;
    CU_ASSERT_PTR_NULL(conf_value(conf_item(list, 0), &item, &span));
    CU_ASSERT(span.count == 3 && span.unit == SPAN_EPOCHS);
    says(conf_value(conf_item(list, 1), &item, &span),
         "a.yaml:1:16: expected a duration such as \"3 epochs\", \"500 steps\" or \"1e6 samples\", "
         "found \"soon\"\n"
         "  1 | at: [3 epochs, soon]\n"
         "    |                ^");
    conf_free(conf);
}

static void rewritten_values_keep_their_place(void)
{
    int64_t units;
    Node settings;
    Conf *conf = parse("model:\n  - dense: ten\n  - dense\n");
    Node model = conf_get(conf_root(conf), "model");
    CU_ASSERT_PTR_NULL(conf_settings(conf_item(model, 0), "units", &settings));
    says(conf_fields(settings, unit_fields, &units),
         "a.yaml:2:12: expected an integer from 1 to 1048576, found \"ten\"\n"
         "  2 |   - dense: ten\n"
         "    |            ^");
    CU_ASSERT_PTR_NULL(conf_settings(conf_item(model, 1), "units", &settings));
    says(conf_fields(settings, unit_fields, &units),
         "a.yaml:3:5: \"units\" is missing in dense: how many outputs\n"
         "  3 |   - dense\n"
         "    |     ^");
    conf_free(conf);
}

static void default_is_placed_at_its_ancestor(void)
{
    Settings s;
    Node section, deeper;
    Conf *conf = parse("a: 1\nlayer:\n  units: 5\n");
    CU_ASSERT_PTR_NULL(conf_section(conf_root(conf), "layer", &section));
    CU_ASSERT_PTR_NULL(conf_fields(section, fields, &s));
    says(conf_fail_key(section, "rate", "too %s", "low"),
         "a.yaml:3:3: too low\n  3 |   units: 5\n    |   ^");
    says(conf_fail(conf_item(s.augment, 0), "flop"),
         "a.yaml:3:3: flop\n  3 |   units: 5\n    |   ^");
    says(conf_fail_key(section, "units", "too few"),
         "a.yaml:3:10: too few\n  3 |   units: 5\n    |          ^");
    CU_ASSERT_PTR_NULL(conf_section(section, "made", &deeper));
    says(conf_fail(deeper, "here"), "a.yaml:3:3: here\n  3 |   units: 5\n    |   ^");
    says(conf_fail(conf_get(section, "no"), "absent"), "a.yaml: absent");
    says(conf_fail((Node){0}, "nowhere"), "nowhere");
    conf_free(conf);
}

/* The first item of `model` is no choice, and that is why. */
static void no_choice(const char *text, const char *why)
{
    const char *name;
    Conf *conf = parse(text);
    says(conf_choice(conf_item(conf_get(conf_root(conf), "model"), 0), &name), why);
    conf_free(conf);
}

static void choice_has_exactly_one_name(void)
{
    no_choice("model:\n  - dense:\n    units: 10\n",
              "a.yaml:3:5: if \"units\" is a setting of \"dense\", indent it further\n"
              "  3 |     units: 10\n"
              "    |     ^");
    no_choice("model: [{dense: 1, relu: 2}]",
              "a.yaml:1:20: expected one name with its settings, found a second one, \"relu\"\n"
              "  1 | model: [{dense: 1, relu: 2}]\n"
              "    |                    ^");
    no_choice("model: [{}]",
              "a.yaml:1:9: expected a name, or \"name: {settings}\", found a mapping\n"
              "  1 | model: [{}]\n"
              "    |         ^");
    no_choice("model: [[a]]", "a.yaml:1:9: expected a name, or \"name: {settings}\", found a list\n"
                              "  1 | model: [[a]]\n"
                              "    |         ^");
    no_choice("model: []", "a.yaml: expected a name, or \"name: {settings}\", found nothing");
    Node settings;
    Conf *conf = parse("model: {flatten: 3}");
    says(conf_settings(conf_get(conf_root(conf), "model"), NULL, &settings),
         "a.yaml:1:18: \"flatten\" has no main setting: write \"flatten: {setting: value}\"\n"
         "  1 | model: {flatten: 3}\n"
         "    |                  ^");
    conf_free(conf);
}

static void sections_are_made_where_absent(void)
{
    Node section;
    Conf *conf = parse("a: 1\nb:\nc: 3\n");
    CU_ASSERT_PTR_NULL(conf_section(conf_root(conf), "b", &section));
    CU_ASSERT_TRUE(conf_is_map(section));
    CU_ASSERT_PTR_NULL(conf_section(conf_root(conf), "d", &section));
    CU_ASSERT_PTR_NULL(conf_section(section, "e", &section));
    says(conf_section(conf_root(conf), "c", &section),
         "a.yaml:3:4: expected settings, \"key: value\", found \"3\"\n"
         "  3 | c: 3\n"
         "    |    ^");
    CU_ASSERT_STRING_EQUAL(conf_text(conf), "a: 1\nb: {}\nc: 3\nd: {e: {}}\n");
    conf_free(conf);
}

static void one_item_is_a_list_of_one(void)
{
    Conf *conf = parse("a: [x, y]\nb: z\nc:\nd: {k: v}\n");
    Node root = conf_root(conf);
    CU_ASSERT_EQUAL(conf_count(conf_get(root, "a")), 2);
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_item(conf_get(root, "a"), 1)), "y");
    CU_ASSERT_FALSE(conf_exists(conf_item(conf_get(root, "a"), 2)));
    CU_ASSERT_FALSE(conf_exists(conf_item(conf_get(root, "a"), -1)));
    CU_ASSERT_EQUAL(conf_count(conf_get(root, "b")), 1);
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_item(conf_get(root, "b"), 0)), "z");
    CU_ASSERT_FALSE(conf_exists(conf_item(conf_get(root, "b"), 1)));
    CU_ASSERT_EQUAL(conf_count(conf_get(root, "c")), 0);
    CU_ASSERT_EQUAL(conf_count(conf_get(root, "d")), 1);
    conf_free(conf);
}

static void aliases_are_copies(void)
{
    const char *override = "b.x=2";
    Conf *conf;
    CU_ASSERT_PTR_NULL_FATAL(
        conf_parse(&conf, "a.yaml", "a: &n {x: 1, y: [q]}\nb: *n\n", &override, 1));
    CU_ASSERT_STRING_EQUAL(conf_text(conf), "a: {x: 1, y: [q]}\nb: {x: 2, y: [q]}\n");
    conf_free(conf);
    refused("a: &n [*n]\n", "a.yaml:1:9: *n: no value before this one is named &n\n"
                            "  1 | a: &n [*n]\n"
                            "    |         ^");
}

static void hostile_texts_are_refused(void)
{
    Conf *conf;
    char *text = calloc(1, 200001);
    memset(text, '[', 100000);
    memset(text + 100000, ']', 100000);
    Err err = parse_set(&conf, text, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_text(err), "nested too deeply: over 64 levels"));
    err_free(err);
    char *at = text + sprintf(text, "a0: &a0 [x, x, x, x]\n");
    for (int i = 1; i < 30; i++)
        at += sprintf(at, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
    err = parse_set(&conf, text, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_text(err), "too large for a configuration"));
    err_free(err);
    at = text;
    for (int i = 0; i < 1000; i++)
        at += sprintf(at, "a%d: &a%d {k: %s%d}\n", i, i, i ? "*a" : "", i ? i - 1 : 0);
    err = parse_set(&conf, text, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_text(err), "nested too deeply: over 64 levels"));
    err_free(err);
    free(text);
}

/* Bytes chosen by a small fixed generator from what YAML cares about. */
static void noise_never_crashes(void)
{
    static const char *const bits[] = {"a",    "b: ", "- ", "\n",       "  ",  "[",  "]",    "{",
                                       "}",    ", ",  "\"", "'",        "&n ", "*n", "? ",   ": ",
                                       "|\n ", "#",   "\t", "\xc3\xa4", "!t ", "~",  "--- ", "%"};
    uint32_t state = 1;
    for (int i = 0; i < 20000; i++) {
        char text[400] = "k: ";
        for (int j = 0; j < 24; j++) {
            state = state * 1664525u + 1013904223u;
            strcat(text, bits[(state >> 16) % (sizeof bits / sizeof *bits)]);
        }
        const char *a, *b;
        Conf *conf, *again;
        Err err = parse_set(&conf, text, NULL);
        CU_ASSERT(err ? err_status(err) == STATUS_USER : conf != NULL);
        if (conf) {
            Err second = parse_set(&again, conf_text(conf), NULL);
            if (second || strcmp(conf_text(again), conf_text(conf)) != 0 ||
                conf_difference(conf, again, NULL, &a, &b)) {
                printf("\n[%s]\nas [%s]\n%s\n", text, conf_text(conf), err_text(second));
                CU_FAIL("noise does not read back");
            }
            err_free(second);
            conf_free(again);
        }
        err_free(err);
        conf_free(conf);
    }
}

static const char readme[] =
    "name: fashion-cnn\nseed: 1\n"
    "data:\n  file: datasets/fashion-mnist.h5\n  augment: [flip, {crop: 2}]\n"
    "model:\n  - conv2d: {filters: 32, kernel: 3, padding: same}\n  - batch_norm\n"
    "  - residual:\n      main: [{conv2d: {filters: 32}}, {batch_norm: {gamma: 0}}]\n"
    "      skip: identity\n  - dense: 10\n"
    "batch: {global: 256, micro: 64}\n"
    "schedule: {decay: {cosine: {min: 0}}, warmup: 1 epoch}\n"
    "notes: {a: 'a fairly long text', b: 'a fairly long text', c: x}\n";

static void text_is_readable(void)
{
    Conf *conf = parse(readme);
    CU_ASSERT_STRING_EQUAL(conf_text(conf),
                           "name: fashion-cnn\nseed: 1\n"
                           "data:\n  file: datasets/fashion-mnist.h5\n"
                           "  augment:\n    - flip\n    - crop: 2\n"
                           "model:\n  - conv2d: {filters: 32, kernel: 3, padding: same}\n"
                           "  - batch_norm\n"
                           "  - residual:\n      main:\n        - conv2d: {filters: 32}\n"
                           "        - batch_norm: {gamma: 0}\n      skip: identity\n"
                           "  - dense: 10\n"
                           "batch: {global: 256, micro: 64}\n"
                           "schedule: {decay: {cosine: {min: 0}}, warmup: 1 epoch}\n"
                           "notes: {a: a fairly long text, b: a fairly long text, c: x}\n");
    conf_free(conf);
}

/* The text's resolved form reads back as the same document, with the same form. */
static void reads_back(const char *text)
{
    Conf *conf = parse(text);
    Conf *again = parse(conf_text(conf));
    const char *a, *b;
    CU_ASSERT_PTR_NULL(conf_difference(conf, again, NULL, &a, &b));
    CU_ASSERT_STRING_EQUAL(conf_text(conf), conf_text(again));
    conf_free(conf);
    conf_free(again);
}

static void text_reads_back(void)
{
    reads_back(readme);
    reads_back("{}");
    reads_back("a: |\n  two\n  lines\nb: >\n  folded\n  text\n");
    reads_back("a: \"tab\\t quote\\\" back\\\\ bell\\a del\\x7f \\u00e4 \\u0085 \\u2028 \\uFEFF\"");
    reads_back("\"a: b\": '# no comment'\n'-': \"- x\"\n'': ''\n'null': 'null'\n'~': '~'\n"
               "'---': '--- a'\n'...': '... a'\n'a ': ' a'\n'*x': '*.bias'\n'?': '? x'\n");
    reads_back("a: ['-', '---', '...', '.', '+']\nb: {c: '-'}");
    reads_back("a: [[], {}, [[x], [y, {z: [1]}]], null, '', {a: 1, b: 2}]");
    char text[4000] = "long: [x", *at = text + strlen(text);
    for (int i = 0; i < 100; i++)
        at += sprintf(at, ", value_number_%d", i);
    strcpy(at, "]\n");
    reads_back(text);
}

static void text_keeps_what_it_says(void)
{
    Conf *conf = parse("a: \"null\"\nb: null\nc: \"x: y\"\nd: \"\"\n");
    CU_ASSERT_STRING_EQUAL(conf_text(conf), "a: \"null\"\nb: null\nc: \"x: y\"\nd: \"\"\n");
    conf_free(conf);
    conf = parse("a: \"a\\x01\\n\\t\\\"\\\\\"\n");
    CU_ASSERT_STRING_EQUAL(conf_text(conf), "a: \"a\\x01\\n\\x09\\\"\\\\\"\n");
    conf_free(conf);
}

static void spelling_does_not_show_in_the_text(void)
{
    Conf *a = parse("x: {y: 'one', z: [1, 2]}\n");
    Conf *b = parse("x:   # a comment\n  \"y\": one\n  z:\n  - 1\n  - 2\n");
    CU_ASSERT_STRING_EQUAL(conf_text(a), conf_text(b));
    conf_free(a);
    conf_free(b);
}

/* The first difference of two texts is at `path` (NULL: there is none), with these values. */
static void first_difference(const char *text_a, const char *text_b, const char *path,
                             const char *value_a, const char *value_b)
{
    const char *const ignored[] = {"train.length", "log", NULL};
    Conf *a = parse(text_a), *b = parse(text_b);
    const char *x, *y, *found = conf_difference(a, b, ignored, &x, &y);
    if (!path) {
        CU_ASSERT_PTR_NULL(found);
    } else {
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        CU_ASSERT_STRING_EQUAL(found, path);
        CU_ASSERT_STRING_EQUAL(x, value_a);
        CU_ASSERT_STRING_EQUAL(y, value_b);
    }
    conf_free(a);
    conf_free(b);
}

static void differences_are_found_by_path(void)
{
    first_difference("a: 1\noptimizer: {lr: 0.1}", "optimizer: {lr: 0.2}\na: 1", "optimizer.lr",
                     "0.1", "0.2");
    first_difference("model: [{dense: {units: 3}}]", "model: [{dense: {units: 4}}]",
                     "model.0.dense.units", "3", "4");
    first_difference("model: [a, b]", "model: [a]", "model.1", "b", "null");
    first_difference("a: 1", "a: 1\nb: [x, y]", "b", "null", "[x, y]");
    first_difference("a: {b: 1}", "a: 2", "a", "{b: 1}", "2");
    first_difference("logs: 1", "logs: 2", "logs", "1", "2");
}

static void what_means_the_same_is_no_difference(void)
{
    first_difference("a: 5e-4\nb: 1", "b: 1\na: 0.0005", NULL, NULL, NULL);
    first_difference("a: 1\nb: ~\nc: {}\nd: [[]]", "a: 1\nb: []\nd: [[]]", NULL, NULL, NULL);
    first_difference("train: {length: 3 epochs}\nlog: {a: 1, b: {c: 2}}",
                     "train: {length: 4 epochs}\nlog: 3", NULL, NULL, NULL);
    first_difference("train: {length: 3 epochs}\nx: 1", "x: 1", NULL, NULL, NULL);
}

static void closest_word_is_meant(void)
{
    static const char *const words[] = {"relu",  "gelu", "max_pool", "batch_norm",
                                        "dense", "mpi",  NULL};
    CU_ASSERT_STRING_EQUAL(conf_closest("ReLU", words), "relu");
    CU_ASSERT_STRING_EQUAL(conf_closest("dense_", words), "dense");
    CU_ASSERT_STRING_EQUAL(conf_closest("pmi", words), "mpi");
    CU_ASSERT_STRING_EQUAL(conf_closest("batchnorm", words), "batch_norm");
    CU_ASSERT_STRING_EQUAL(conf_closest("max", words), "max_pool");
    CU_ASSERT_PTR_NULL(conf_closest("softmax", words));
    CU_ASSERT_PTR_NULL(conf_closest("x", words));
    CU_ASSERT_PTR_NULL(conf_closest("", words));
    char endless[1001] = "";
    memset(endless, 'e', 1000);
    CU_ASSERT_PTR_NULL(conf_closest(endless, words));
}

static const Promise promises[] = {
    {"values of every kind are read", values_are_read},
    {"absent keys get their defaults, and the text shows them", absent_keys_get_defaults},
    {"an absent mapping gives defaults too", absent_nodes_give_defaults_too},
    {"null means none, where none is possible", null_means_none},
    {"a misspelt key is named, with the one that was meant", misspelt_key_is_named},
    {"a key is placed in its section", key_is_placed_in_its_section},
    {"a missing key is named, with its help", missing_key_is_named},
    {"a wrong type says what was expected", wrong_types_say_what_was_expected},
    {"only true and false are booleans", only_true_and_false_are_bools},
    {"a duration needs a unit", durations_need_a_unit},
    {"an error of syntax has a place", syntax_errors_have_a_place},
    {"a directive is refused, on which libfyaml may hang", directives_are_refused},
    {"bytes that are no text are refused, not skipped", text_must_be_utf8},
    {"columns count characters, and the caret follows tabs", columns_count_characters},
    {"a long line is cut around its caret", long_lines_are_cut_around_the_caret},
    {"overrides set, replace and create", overrides_set_values},
    {"a bad override is refused in words", bad_overrides_are_refused_in_words},
    {"a wrong value from an override is placed there", override_is_the_place_of_its_values},
    {"the spellings of a choice are one", spellings_of_a_choice_are_one},
    {"a value alone is its main setting", value_alone_is_its_main_setting},
    {"an item of a list is read as a field of its kind", items_are_read_as_fields},
    {"a rewritten value keeps its place", rewritten_values_keep_their_place},
    {"a default is placed at its nearest ancestor", default_is_placed_at_its_ancestor},
    {"a choice has exactly one name", choice_has_exactly_one_name},
    {"a section is made where it is absent", sections_are_made_where_absent},
    {"what is no list is a list of one", one_item_is_a_list_of_one},
    {"aliases are copies, and never circular", aliases_are_copies},
    {"hostile texts are refused, not suffered", hostile_texts_are_refused},
    {"noise neither crashes nor fails to read back", noise_never_crashes},
    {"the resolved text is readable, one layer a line", text_is_readable},
    {"the resolved text reads back as the same document", text_reads_back},
    {"the resolved text quotes what needs quotes", text_keeps_what_it_says},
    {"spelling and comments do not show in the text", spelling_does_not_show_in_the_text},
    {"the first difference is found, with its path", differences_are_found_by_path},
    {"what means the same is no difference", what_means_the_same_is_no_difference},
    {"the closest word is the one that was meant", closest_word_is_meant},
    {0}};

int main(void)
{
    return unit_run("conf", promises);
}
