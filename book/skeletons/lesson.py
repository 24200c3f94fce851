# %% [markdown]
# # TITLE
#
# TODO: the lead, 25 to 90 words. Ask the question that this page answers, in words that
# a newcomer uses. Say what the reader can do afterwards, and what they need first, with
# links to the pages that teach it. No formula.

# %% tags=["setup"]

# %%
import torch

from d2lutil import (
    check_yours,
    explore,
    seed,
    show,
    subplots,
    verify,
    verify_differs,
    verify_effect,
)

# %% [markdown]
# ## Picture
#
# TODO: the thing itself in a picture, a diagram where there is something to draw,
# before any formula. Then the idea in five to ten lines, from an example of everyday
# life or a world small enough to see. What would happen without the idea?

# %%
fig, ax = subplots()
bowl = torch.linspace(-2, 2, 81)
ax.plot(bowl, bowl**2)
ax.set(xlabel="a number", ylabel="its square")
show(
    fig,
    alt="TODO: what stands in the picture, for who cannot see it: a curve like a bowl",
    caption="TODO: what to see in it. The bowl is steeper the farther from its middle.",
)

# %% [markdown]
# ## By hand
#
# TODO: the smallest case with numbers, two or three steps that a reader can do on
# paper, every number shown. Single numbers, no vectors. For 1 and 2 the squares sum to
# 1 · 1 + 2 · 2 = 5. Raise the first number by 0.01: 1.01 · 1.01 + 2 · 2 = 5.0201, a
# slope of 0.0201 / 0.01 = 2.01. Raise the second one: 1 · 1 + 2.01 · 2.01 = 5.0401, a
# slope of 4.01. The smaller the step, the closer to 2 and 4.

# %% [markdown]
# ## Derivation: TODO, the idea in a few words
#
# TODO: from what the reader knows to the named equation. Each step follows from the
# line above and has its reason; each symbol has its shape. At most two results on the
# first reading.
#
# | Symbol | Name in code | Shape | Meaning |
# |---|---|---|---|
# | $\mathbf x$ | `x` | (n,) | TODO: the numbers |
# | $f$ | `total` | a number | TODO: the sum of their squares |
# | $\partial f / \partial \mathbf x$ | `gradient` | (n,) | TODO: its slopes |
#
# Let $f(\mathbf x) = \sum_i x_i^2$. Each $x_i$ stands in one term alone, so
#
# $$
# \begin{aligned}
# \frac{\partial f}{\partial x_i} &= \frac{\partial}{\partial x_i} x_i^2 \\
# &= 2 x_i .
# \end{aligned}
# \tag{NAME TODO}
# $$

# %% [markdown]
# ## From scratch: TODO, the plain thing first
#
# TODO: one plain implementation: loops, one sample, names as in the equations, shapes
# in comments. If speed needs it, the fast one follows, shown equal to the plain one. An
# algorithm has a box of pseudocode that one could type in:
#
# ```text
# result = 0
# for each number of x:
#     result = result + number^2
# ```


# %%
def total(x):
    """The sum of the squares of x, shape (n,)."""
    result = 0.0
    for number in x:
        result = result + number**2
    return result


def gradient(x):
    """Its slopes, shape (n,)."""
    return 2 * x


# %% [markdown]
# ## With torch
#
# TODO: the same with torch's own parts, on the accelerator where there is one.

# %%
case = torch.tensor([1.0, 2.0], dtype=torch.float64)  # (n,)
leaf = case.clone().requires_grad_()
total(leaf).backward()

# %% [markdown]
# ## They agree
#
# TODO: what is compared with what. The sides are computed independently; one calls the
# function that the page uses, and the numbers of By hand go through it. Keep no name
# that a check reads for something else further down.

# %%
verify(
    "NAME TODO",
    by_hand=[2.0, 4.0],
    formula=gradient(case),
    autograd=leaf.grad,
)

# %% [markdown]
# ## Explore: TODO, what to find out
#
# TODO: two or three things to try, and what they show. The main control has twenty
# stops or more. With ask=… the figure asks for a guess before it shows.


# %%
def draw(at=1.0):
    """TODO: what the figure shows: a bowl and the line that touches it."""
    _, ax = subplots()
    t = torch.linspace(-2, 2, 41)
    ax.plot(t, t**2)
    ax.plot(t, at**2 + 2 * at * (t - at))
    ax.set(xlabel="x", ylabel="f", ylim=(-4, 6))


explore(
    draw, at=(-2, 2, 0.2), caption="TODO: what to see. The slope is twice the number."
)

# %% [markdown]
# ## Experiment: TODO, the question
#
# TODO: real data, one question, an answer with its uncertainty and its control. Who is
# compared is tuned alike. A comparison stands on paired seeds, ten or more, and is
# checked as an effect; write "because" only where one thing alone was changed.


# %%
def left_over(rate, number):
    """The total after ten steps downhill, from 20 numbers drawn with that seed."""
    seed(number)
    x = torch.randn(20, dtype=torch.float64)  # (n,)
    for _ in range(10):
        x = x - rate * gradient(x)
    return float(total(x))


small = [left_over(0.01, number) for number in range(12)]
large = [left_over(0.1, number) for number in range(12)]

# %%
verify_effect("Small steps leave more", more=small, less=large, k=3, at_least=3)

# %%
fig, ax = subplots()
ax.plot(small, "o", label="steps of 0.01")
ax.plot(large, "o", label="steps of 0.1")
ax.set(xlabel="seed", ylabel="total after ten steps")
ax.legend()
show(
    fig,
    alt="TODO: what the figure shows: for each of twelve seeds two points, far apart",
    caption="TODO: what to see in it. At every seed the small steps leave more.",
)

# %% [markdown]
# ## In practice
#
# TODO: four to ten lines with citations (authors, year, DOI or arXiv). What is the
# default today and why, when one would use something else, what goes wrong first, who
# found it and what for.

# %% [markdown]
# ## Summary
#
# - TODO: five lines at most. Each clause rests on an equation, a check or a printed
#   number above. Then the papers, and what comes next.

# %% [markdown]
# ## Traps
#
# ### Trap: TODO, the claim that circulates
#
# TODO: why the claim looks right. Below, the mistake is run and its consequence shown.


# %%
def half_gradient(x):
    """The mistake: the 2 is forgotten."""
    return x


verify_differs(
    "TODO, the claim that circulates",
    wrong=half_gradient(case),
    right=gradient(case),
    by=0.5,
)

# %% [markdown]
# What is right: TODO, in a sentence or two.

# %% [markdown]
# ## Exercises
#
# ### 1. TODO (check)
#
# TODO: an easy question first.
#
# <details><summary>Solution</summary>
#
# TODO: the answer to what was asked, worked out.
#
# </details>
#
# ### 2. TODO (derive)
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer to what was asked, worked out.
#
# </details>
#
# ### 3. TODO (predict)
#
# TODO: the question, to be answered before a cell is run.
#
# <details><summary>Solution</summary>
#
# TODO: the answer to what was asked, worked out.
#
# </details>
#
# ### 4. TODO (code)
#
# TODO: what the reader writes. Three cells follow: a stub that they fill, a check of
# what they wrote, and a folded solution, under a name of its own, that passes the same
# check.


# %% tags=["your-code"]
def step(x, rate):
    """One step downhill from x, shape (n,); returns the new x."""
    return ...  # your code here


# %%
def check_step(f):
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    verify("One step", yours=f(x, 0.1), by_hand=[0.8, 1.6])


check_yours(step, check_step)


# %% tags=["solution"]
def step_solution(x, rate):
    return x - rate * 2 * x


check_step(step_solution)

# %% [markdown]
# ## Deeper: TODO, a side result
#
# TODO: general cases, proofs of convergence, second derivations, larger experiments.
# Each starts from a named equation, derives nothing twice and has its own checks; traps
# and exercises may stand here. Remove the section if there is nothing to say.
