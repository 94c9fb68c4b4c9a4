/* The state before step 1: what the slots of an optimizer start at, and where. */
#include "train/state.h"

#include "model.h"
#include "scratch.h"
#include "unit_mpi.h"

/* A fresh state on one rank. */
typedef struct Fresh {
    Model model;
    Conf *conf;
    Optim optim;
    Comm world, comm;
    State state;
} Fresh;

static void fresh_open(Fresh *fresh, const char *optimizer)
{
    Node section;
    char text[256];
    *fresh = (Fresh){0};
    snprintf(text, sizeof text, "optimizer: %s\n", optimizer);
    CU_ASSERT_FATAL(fine(
        model_open(&fresh->model, "[{dense: 5}, batch_norm, {dense: 3}]", (Shape){1, 1, 7}, 16)));
    CU_ASSERT_FATAL(fine(conf_parse(&fresh->conf, "test.yaml", text, NULL, 0)));
    CU_ASSERT_FATAL(fine(conf_section(conf_root(fresh->conf), "optimizer", &section)));
    CU_ASSERT_FATAL(fine(optim_build(&fresh->optim, section)));
    comm_world(&fresh->world);
    CU_ASSERT_FATAL(fine(comm_divide(&fresh->world, 1, EXCHANGE_AUTO, &fresh->comm)));
    CU_ASSERT_FATAL(
        fine(state_open(&fresh->state, &fresh->comm, fresh->model.net, &fresh->optim, false, 1)));
}

static void fresh_close(Fresh *fresh)
{
    state_close(&fresh->state);
    comm_free(&fresh->comm);
    comm_free(&fresh->world);
    conf_free(fresh->conf);
    model_close(&fresh->model);
}

/* How many elements of a slot have this value. */
static int64_t count(const Fresh *fresh, int slot, Real value)
{
    int64_t found = 0;
    for (int64_t i = 0; i < fresh->model.net->extent; i++)
        found += fresh->state.slot[slot][i] == value;
    return found;
}

static void from_zero(void)
{
    Fresh fresh;
    fresh_open(&fresh, "{type: adam, amsgrad: true}");
    CU_ASSERT_EQUAL_FATAL(fresh.state.slots, 3);
    CU_ASSERT_STRING_EQUAL(fresh.state.slot_names[2], "max_exp_avg_sq");
    for (int s = 0; s < 3; s++)
        CU_ASSERT_EQUAL(count(&fresh, s, 0), fresh.model.net->extent);
    fresh_close(&fresh);
}

static void from_a_value(void)
{
    Fresh fresh;
    fresh_open(&fresh, "{type: adagrad, initial_accumulator_value: 0.5}");
    CU_ASSERT_EQUAL_FATAL(fresh.state.slots, 1);
    int64_t parameters = 7 * 5 + 5 + 5 + 5 + 5 * 3 + 3; /* weights, biases, gamma and beta */
    CU_ASSERT_EQUAL(count(&fresh, 0, (Real)0.5), parameters);
    for (int i = 0; i < fresh.model.net->tensor_count; i++) {
        const Tensor *t = fresh.model.net->tensors[i];
        Real expected = t->kind == TENSOR_PARAMETER ? (Real)0.5 : 0;
        CU_ASSERT(fresh.state.slot[0][t->offset] == expected);
        CU_ASSERT(fresh.state.slot[0][t->offset + t->size - 1] == expected);
    }
    CU_ASSERT_EQUAL(count(&fresh, 0, 0), fresh.model.net->extent - parameters);
    fresh_close(&fresh);
}

static void as_many_as_used(void)
{
    Fresh plain, both;
    fresh_open(&plain, "{type: rmsprop}");
    fresh_open(&both, "{type: rmsprop, centered: true, momentum: 0.9}");
    CU_ASSERT(plain.state.slots == 1 && both.state.slots == 3);
    CU_ASSERT_EQUAL(both.state.window.bytes, 2 * plain.state.window.bytes);
    fresh_close(&both);
    fresh_close(&plain);
}

static const Promise promises[] = {
    {"the slots of a fresh run are zero", from_zero},
    {"but for one that its optimizer starts elsewhere: every parameter's, and nothing beside them",
     from_a_value},
    {"memory is held for the slots that the settings use", as_many_as_used},
    {0}};

int main(int argc, char **argv)
{
    return unit_run_mpi("state", promises, argc, argv);
}
