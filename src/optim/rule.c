/* Patterns over layer names, and what they say. */
#include "optim/rule.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { MOST_NAME = 512 };

static bool matches(const char *pattern, const Subject *subject)
{
    char whole[MOST_NAME];
    snprintf(whole, sizeof whole, "%s/%s", subject->layer, subject->tensor);
    return fnmatch(pattern, subject->layer, 0) == 0 || fnmatch(pattern, whole, 0) == 0;
}

static Err check_pattern(Node node, const char *pattern, const Subject *subjects, int n)
{
    for (int i = 0; i < n; i++)
        if (matches(pattern, &subjects[i]))
            return NULL;
    const char *last = n ? subjects[n - 1].layer : "";
    return conf_fail(node,
                     "the pattern \"%s\" matches no layer with parameters (the last is \"%s\")",
                     pattern, last);
}

/* ---- exemptions ---- */

Err exemption_read(Exemption *exemption, Node node, const char *key)
{
    const char *word = conf_scalar(node);
    *exemption = (Exemption){.kind = EXEMPT_1D};
    if (conf_is_list(node)) {
        exemption->kind = EXEMPT_PATTERNS;
        exemption->patterns = node;
        for (int i = 0; i < conf_count(node); i++)
            if (!conf_scalar(conf_item(node, i)))
                return conf_fail(conf_item(node, i), "expected a layer name pattern");
    } else if (word && strcmp(word, "none") == 0) {
        exemption->kind = EXEMPT_NONE;
    } else if (!word || strcmp(word, "1d") != 0) {
        return conf_fail(node, "%s is 1d, none, or a list of layer name patterns", key);
    }
    return NULL;
}

bool exemption_covers(const Exemption *exemption, const Subject *subject)
{
    if (exemption->kind == EXEMPT_1D)
        return subject->one;
    for (int i = 0; exemption->kind == EXEMPT_PATTERNS && i < conf_count(exemption->patterns); i++)
        if (matches(conf_scalar(conf_item(exemption->patterns, i)), subject))
            return true;
    return false;
}

Err exemption_check(const Exemption *exemption, const Subject *subjects, int n)
{
    for (int i = 0; exemption->kind == EXEMPT_PATTERNS && i < conf_count(exemption->patterns);
         i++) {
        Node node = conf_item(exemption->patterns, i);
        TRY(check_pattern(node, conf_scalar(node), subjects, n));
    }
    return NULL;
}

/* ---- multipliers ---- */

typedef struct Row {
    const char *match;
    double lr, decay;
    bool freeze;
} Row;

static const Field row_fields[] = {
    {"match", FIELD_TEXT, offsetof(Row, match), NULL, .help = "layer name pattern"},
    {"lr", FIELD_REAL, offsetof(Row, lr), "1", 0, 1e6, .help = "multiplies the learning rate"},
    {"weight_decay", FIELD_REAL, offsetof(Row, decay), "1", 0, 1e6,
     .help = "multiplies the weight decay"},
    {"freeze", FIELD_BOOL, offsetof(Row, freeze), "false", .help = "no update at all"},
    {0}};

Err rules_read(Rule *rules, Node layers, const Subject *subjects, int n)
{
    for (int i = 0; i < n; i++)
        rules[i].lr = rules[i].decay = 1;
    for (int k = 0; k < conf_count(layers); k++) {
        Row row = {0};
        Node node = conf_item(layers, k);
        if (!conf_is_map(node))
            return conf_fail(node, "expected {match: PATTERN, lr: ..., weight_decay: ..., "
                                   "freeze: ...}");
        TRY(conf_fields(node, row_fields, &row));
        TRY(check_pattern(node, row.match, subjects, n));
        for (int i = 0; i < n; i++) {
            if (!matches(row.match, &subjects[i]))
                continue;
            rules[i].lr *= row.lr;
            rules[i].decay *= row.decay;
            rules[i].frozen |= row.freeze;
        }
    }
    for (int i = 0; i < n; i++)
        if (!rules[i].frozen)
            return NULL;
    return n ? conf_fail(layers, "every layer is frozen: there is nothing to train") : NULL;
}
