/* A unit test program: a table of sentences, one for each promise, run by CUnit.
 *
 *     static const Promise promises[] = {{"a misspelt key is named", misspelt_key}, {0}};
 *     int main(void) { return unit_run("conf", promises); }
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <CUnit/Basic.h>

#include <string.h>

typedef struct Promise {
    const char *sentence;
    void (*test)(void);
} Promise;

static inline int unit_run(const char *suite_name, const Promise *promises)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (const Promise *p = promises; p->sentence; p++)
        CU_add_test(suite, p->sentence, p->test);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures() + (CU_get_number_of_tests_run() == 0);
    CU_cleanup_registry();
    return failed ? 1 : 0;
}

#endif
