/* Tree: a sum whose order of additions belongs to the indices, not to who pushes. A binary counter:
 * a node merges only with its sibling.
 *
 *     push 0   [0]
 *     push 1   [0 1]               siblings merge
 *     push 2   [0 1] [2]
 *     push 3   [0 1 2 3]           merge, merge
 *
 * The same push runs on each rank for its own leaves and again where the ranks' subtrees meet, so
 * (((0+1)+(2+3)) is added in that order wherever its leaves were computed. The final fold, right to
 * left, handles a number of leaves that is no power of two. */
#ifndef DIST_TREE_H
#define DIST_TREE_H

#include "dist/plan.h"

/* sum[i] = a[i] + b[i] for n elements; sum may be a or b. */
typedef void TreeAdd(void *sum, const void *a, const void *b, int64_t n);
TreeAdd tree_add_reals, tree_add_doubles;

typedef struct TreeNode {
    Subtree subtree;
    const void *sum;
    void *own; /* the same where the vector is the tree's own and may be written, else NULL */
} TreeNode;

typedef struct Tree {
    TreeAdd *add;
    int64_t n; /* elements of a vector; may change while the tree is empty */
    int count;
    TreeNode stack[PLAN_SUBTREES];
    int spare_count;
    void **spare; /* vectors of the tree's own that hold nothing, last used last */
    void **all;
    int vectors;
} Tree;

/* A tree with `vectors` vectors of its own, `stride` bytes apart from `memory` on. */
void tree_build(Tree *tree, TreeAdd *add, int64_t n, void *memory, size_t stride, int vectors);
void tree_free(Tree *tree);
/* Forgets everything that was pushed. */
void tree_reset(Tree *tree);
/* A vector of the tree's own, to write a leaf into and push. */
void *tree_take(Tree *tree);
/* The next subtree in index order; merges siblings. `taken`: the vector came from tree_take;
 * otherwise it is only read, now and until the fold. */
void tree_push(Tree *tree, Subtree subtree, const void *vector, bool taken);
/* The whole sum, in a vector of the tree's own or, if only one was pushed, that one. NULL when
 * nothing was pushed. */
const void *tree_fold(Tree *tree);

#endif
