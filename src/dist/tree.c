/* The binary counter. A merge goes into whichever operand is the tree's own; the addition is
 * commutative bit by bit, so that choice does not show in the sum. */
#include "dist/tree.h"

#include "base/mem.h"
#include "math/vec.h"

void tree_add_reals(void *sum, const void *a, const void *b, int64_t n)
{
    vec_add(sum, a, b, n);
}

void tree_add_doubles(void *sum, const void *a, const void *b, int64_t n)
{
    vec_add_double(sum, a, b, n);
}

void tree_build(Tree *tree, TreeAdd *add, int64_t n, void *memory, size_t stride, int vectors)
{
    *tree = (Tree){.add = add, .n = n, .vectors = vectors};
    tree->all = mem_alloc(vectors, sizeof *tree->all);
    tree->spare = mem_alloc(vectors, sizeof *tree->spare);
    for (int i = 0; i < vectors; i++)
        tree->all[i] = (char *)memory + (size_t)i * stride;
    tree_reset(tree);
}

void tree_free(Tree *tree)
{
    mem_free(tree->all);
    mem_free(tree->spare);
    *tree = (Tree){0};
}

void tree_reset(Tree *tree)
{
    tree->count = 0;
    tree->spare_count = tree->vectors;
    for (int i = 0; i < tree->vectors; i++)
        tree->spare[i] = tree->all[tree->vectors - 1 - i];
}

void *tree_take(Tree *tree)
{
    CHECK(tree->spare_count > 0, "a tree of %d vectors is full", tree->vectors);
    return tree->spare[--tree->spare_count];
}

/* left = left + right; right is dropped. */
static void merge(Tree *tree, TreeNode *left, TreeNode *right)
{
    void *sum = left->own ? left->own : right->own ? right->own : tree_take(tree);
    tree->add(sum, left->sum, right->sum, tree->n);
    if (left->own && right->own)
        tree->spare[tree->spare_count++] = right->own;
    left->sum = left->own = sum;
    left->subtree.leaves += right->subtree.leaves;
}

static bool siblings(const TreeNode *left, const TreeNode *right)
{
    int64_t leaves = left->subtree.leaves;
    return right->subtree.leaves == leaves && left->subtree.first % (2 * leaves) == 0;
}

void tree_push(Tree *tree, Subtree subtree, const void *vector, bool taken)
{
    CHECK(tree->count < PLAN_SUBTREES, "more than %d subtrees", PLAN_SUBTREES);
    TreeNode *stack = tree->stack;
    stack[tree->count++] = (TreeNode){subtree, vector, taken ? (void *)vector : NULL};
    while (tree->count > 1 && siblings(&stack[tree->count - 2], &stack[tree->count - 1])) {
        merge(tree, &stack[tree->count - 2], &stack[tree->count - 1]);
        tree->count--;
    }
}

const void *tree_fold(Tree *tree)
{
    for (; tree->count > 1; tree->count--)
        merge(tree, &tree->stack[tree->count - 2], &tree->stack[tree->count - 1]);
    return tree->count ? tree->stack[0].sum : NULL;
}
